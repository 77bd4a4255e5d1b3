//! Monitors calls to language models: after a two-line change, every call made with [`async_openai`], streamed or not,
//! is recorded in `entity/project/stream` with its tokens, cost, latency, attributes and content.
//!
//! ```no_run
//! use spanloom::Monitored as _;
//!
//! # fn main() -> Result<(), spanloom::Error> {
//! let monitor = spanloom::init_monitor("acme/chatbot/openai_logs")?; // guard: flushes on drop, for 5 s at most
//! let client = async_openai::Client::new().monitored(&monitor); // same type: Client<OpenAIConfig>
//! # drop(client); Ok(()) }
//! ```
//!
//! # Where records go
//!
//! | setting | destination |
//! |---|---|
//! | [`MonitorBuilder::with_server`], `with_collector`, [`with_destination`](MonitorBuilder::with_destination) | only the given servers, collectors and files |
//! | `SPANLOOM_URL` | the spanloom server at this address |
//! | `WANDB_API_KEY`, `WANDB_BASE_URL` or `WF_TRACE_SERVER_URL` | W&B Weave |
//! | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT` | that collector, in addition to the server or W&B if both are set |
//! | none | the spanloom server on this machine, `http://127.0.0.1:7440` (`spanloom serve`) |
//!
//! # Which type do I need
//!
//! | you want | type |
//! |---|---|
//! | to record calls, without a pipeline of your own | [`Monitor`], by [`init_monitor`] or [`Monitor::builder`] |
//! | calls as spans of your own tracer provider | [`GenAiLayer`], of `spanloom-instrumentation` |
//! | your own provider's spans at W&B, at a spanloom server or in files | `Exporter`, of `spanloom-exporter` |
//! | agents and tools around calls | [`agent`], [`tool`] and the others of [`operation`] |
//! | data on each call: attributes, conversation, user, prompt | [`MonitorAttributes`], [`prompt!`](prompt) |
//! | to name a call after it was made, and to score it | [`RecordedCall`], [`Evaluation`] |
//! | to know what was delivered | [`Receipt`], of [`Monitor::flush`] and [`Monitor::shutdown`] |
//! | less content | [`content::ContentPolicy`], [`Sampling`], [`MonitorBuilder::without_content`] |
//!
//! Examples, one file per task: `cargo run -p spanloom-examples --example quickstart`, in the repository.
//!
//! # What it changes in the service
//!
//! The monitor sets nothing global. A call joins the trace and becomes a child of the span it is made in if that span
//! belongs to the monitor ([`Monitor::layer`]); the id of any other enclosing span is recorded in
//! `spanloom.outer_span_id`. The service's own traces and sampling are unchanged.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `estimate` | on | token counts if the provider sent none, marked as estimates; the vocabularies make a program 10 MB larger |
//! | `otlp` | on | a collector in addition to or instead of the server, with metrics and events |
//! | `tracing` | on | [`Monitor::layer`], which records the service's own `tracing` spans |
//! | `responses` | off | [`text_from_stream`] for streams of the Responses API |
//!
//! # Data loss
//!
//! Records that cannot be sent are kept on disk (`SPANLOOM_SPOOL_DIR`, else `spanloom/spool` in the user's data folder)
//! and sent at the next start, or by `spanloom sync`. Only records that exceed the spool's limits, 1 GiB and 7 days, or
//! that are in memory when the process is killed can be lost; with `SPANLOOM_SPOOL=always`, nothing older than 50 ms
//! while the disk and the recorder keep up. [`Monitor::flush`] and [`Monitor::stats`] return the account.
#![doc = ""]
#![doc = include_str!("environment.md")]

mod banner;
mod client;
mod config;
pub mod content;
mod deadline;
mod env_credentials;
mod error;
#[cfg(feature = "tracing")]
mod layer;
mod links;
mod monitor;
mod notice;
mod off_thread;
pub mod operation;
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
pub use operation::{agent, plan, retrieval, tool, tool_call, workflow};
pub use spanloom_core::StreamName;
pub use spanloom_core::price;
pub use spanloom_exporter::{
    Account, Destination, DestinationKind, DestinationReceipt, Dropped, Receipt, Sampling,
    SpoolMode, SpoolSettings,
};
pub use spanloom_instrumentation::{
    AttributesGuard, Content, Evaluation, GenAiLayer, InScope, MonitorAttributes,
    MonitorAttributesExt, PriceBook, Prompt, RecordedCall, Stats, TextDelta, TextStream,
    WithMonitorAttributes, prompt, text_from_stream,
};
pub use stats::MonitorStats;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
