//! OpenTelemetry spans for calls to language models, made with [`async_openai`].
//!
//! [`GenAiLayer`] is a tower layer that stands around async-openai's retry layer, so one logical call, retries and
//! streamed answer included, is one span with the names of the GenAI semantic conventions. The bytes pass through
//! untouched; what they mean is read afterwards, on the thread of the [`Recorder`].
//!
//! ```no_run
//! use async_openai::{Client, config::OpenAIConfig};
//! use opentelemetry_sdk::trace::{BatchSpanProcessor, InMemorySpanExporter, SdkTracerProvider};
//! use spanloom_instrumentation::{GenAiLayer, Recorder};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recorder = Recorder::start()?;
//! // The service's own pipeline. `drain` makes its flush and shutdown wait for calls that have just ended.
//! let batch = BatchSpanProcessor::builder(InMemorySpanExporter::default()).build();
//! let provider = SdkTracerProvider::builder().with_span_processor(recorder.drain(batch)).build();
//!
//! let layer = GenAiLayer::builder(&recorder).with_tracer_provider(&provider).build();
//! let client = Client::with_config(OpenAIConfig::new()).with_http_service(layer.stack(reqwest::Client::new()));
//! # drop(client); Ok(())
//! # }
//! ```
//!
//! # Metrics
//!
//! The convention's client metrics go to the meter provider of
//! [`with_meter_provider`](GenAiLayerBuilder::with_meter_provider), or to the global one: token counts the provider
//! reported, durations, and for streams the time to the first chunk and between chunks. They count every call, also those
//! whose span is not sampled.
//!
//! # Events
//!
//! A logger provider gets the convention's `gen_ai.client.operation.exception` for each call that failed, and
//! `gen_ai.client.inference.operation.details` for those who ask ([`Details`]). One `tracing` event per call, target
//! `spanloom`, level INFO, without content, goes to the caller's subscriber.
//!
//! # Content
//!
//! Prompts and answers are recorded only where [`Content`] says so, as a [`ContentPolicy`] lets them through: by default
//! all of it, with secrets of known shapes masked. HTTP headers and URL queries are never recorded.
//!
//! # Attributes, prompts, prices
//!
//! [`MonitorAttributes`] attach keys of your own to a call, a scope or a whole layer, with conversation, user, session and
//! tenant. [`prompt!`] records a template and its variables. [`PriceBook`] holds your own prices.
//!
//! # What it costs
//!
//! The caller's thread clones handles, copies the answer's bytes into bounded pieces and pushes one observation: about 3
//! us a call and 0.1 to 0.2 us a chunk (`cargo bench -p spanloom --bench call`, 2026-11-29). Parsing, counting, masking and
//! pricing belong to the recorder's thread: with the caller's share 14 to 17 us a call.
//!
//! # Features
//!
//! | feature | what |
//! |---|---|
//! | `estimate` | token counts where the provider sent none, marked as estimates; without it they stay unknown |
//! | `responses` | [`text_from_stream`] for streams of the Responses API |
//!
//! # What can be lost
//!
//! Bodies beyond [`Limits`] are not recorded, the span without them is. When the recorder's queue is full, calls keep
//! their span but lose content and usage; [`Recorder::stats`] counts them. Nothing here waits without a deadline.

mod answer_buffer;
mod attributes;
mod clock;
mod content;
mod cost;
mod drain;
#[cfg(feature = "estimate")]
mod estimate;
#[cfg(not(feature = "estimate"))]
#[path = "no_estimate.rs"]
mod estimate;
mod event;
mod layer;
mod metrics;
mod observation;
mod parsed_call;
mod prices;
mod prompt;
mod recorder;
mod span;
mod text;
mod trace_event;

pub use attributes::{
    AttributesGuard, InScope, MonitorAttributes, MonitorAttributesExt, WithMonitorAttributes,
};
pub use content::{Content, Details};
pub use drain::Drain;
pub use layer::{GenAiLayer, GenAiLayerBuilder, GenAiService, ParentKind, ParentPolicy, Stack};
pub use prices::PriceBook;
#[doc(hidden)]
pub use prompt::__hash;
pub use prompt::Prompt;
pub use recorder::{Limits, Recorder, Stats};
pub use spanloom_core::content::{Action, ContentPath, ContentPolicy, Part, Place, Redacted, Rule};
pub use spanloom_core::secret::Mask;
pub use text::{TextDelta, TextStream, text_from_stream};
