//! Monitor calls to language models: two lines change, and from then on every call made with [`async_openai`],
//! streamed or not, is a record in `entity/project/stream` with its tokens, cost, latency, attributes and content.
//!
//! ```no_run
//! use spanloom::Monitored as _;
//!
//! # fn main() -> Result<(), spanloom::Error> {
//! let monitor = spanloom::init_monitor("acme/chatbot/openai_logs")?; // guard: flushes on drop, bounded
//! let client = async_openai::Client::new().monitored(&monitor); // same type: Client<OpenAIConfig>
//! # drop(client); Ok(()) }
//! ```
//!
//! # Where records go
//!
//! | what is set | destination |
//! |---|---|
//! | [`MonitorBuilder::with_server`], `with_collector` | that server, that collector, and nowhere else |
//! | `WANDB_API_KEY`, `WANDB_BASE_URL` or `WF_TRACE_SERVER_URL` | W&B Weave |
//! | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT` | that collector, beside W&B if both are set |
//! | nothing | the spanloom server on this machine, `http://127.0.0.1:7440` (`spanloom serve`) |
//!
//! # What it changes in the service
//!
//! Nothing global is set. Calls take the trace and the parent of the span they are made in, if that span is one of the
//! monitor's ([`Monitor::layer`]); any other span is named in `spanloom.outer_span_id`, and the service's own traces
//! and sampling stay as they are.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `estimate` | on | token counts where the provider sent none, marked as estimates; its vocabularies make a program 10 MB larger |
//! | `otlp` | on | a collector beside or in place of the server, with metrics and events |
//! | `tracing` | on | [`Monitor::layer`], which takes the service's own `tracing` spans along |
//! | `responses` | off | [`text_from_stream`] for streams of the Responses API |
//!
//! # What can be lost
//!
//! What cannot be sent is kept on disk (`SPANLOOM_SPOOL_DIR`, else `spanloom/spool` in the user's data folder) and sent by the
//! next start, or by `spanloom sync`. So what can be lost is what exceeds the spool's bounds, 1 GiB and 7 days, and what is in
//! memory when the process is killed; with `SPANLOOM_SPOOL=always`, nothing older than 50 ms while disk and recorder keep up. [`Monitor::flush`] and
//! [`Monitor::stats`] return the account.
#![doc = ""]
#![doc = include_str!("environment.md")]

mod banner;
mod client;
mod config;
mod deadline;
mod env_credentials;
mod error;
#[cfg(feature = "tracing")]
mod layer;
mod links;
mod monitor;
mod notice;
mod own_spans;
mod pipeline;
mod prices;
mod processor;
mod resource;
mod signals;
#[cfg(feature = "tracing")]
mod span_stack;
mod stats;

pub use client::Monitored;
pub use env_credentials::with_env_credentials;
pub use error::{Error, ErrorKind, Fault, Origin};
#[cfg(feature = "tracing")]
pub use layer::MonitorLayer;
pub use monitor::{Monitor, MonitorBuilder, init_monitor};
pub use spanloom_core::StreamName;
pub use spanloom_core::price;
pub use spanloom_exporter::{
    Account, Destination, DestinationReceipt, Dropped, Receipt, SpoolMode, SpoolSettings,
};
pub use spanloom_instrumentation::{
    Action, ContentPath, ContentPolicy, Mask, Part, Place, Redacted, Rule,
};
pub use spanloom_instrumentation::{
    AttributesGuard, InScope, MonitorAttributes, MonitorAttributesExt, PriceBook, Prompt, Stats,
    TextDelta, TextStream, WithMonitorAttributes, prompt, text_from_stream,
};
pub use stats::MonitorStats;
