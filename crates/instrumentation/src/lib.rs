//! OpenTelemetry spans for calls to language models made with [`async_openai`].
//!
//! [`GenAiLayer`] is a tower layer that wraps async-openai's retry layer, so one logical call, including its retries
//! and its streamed answer, is one span with the names of the GenAI semantic conventions. The bytes pass through
//! untouched; the thread of the [`Recorder`] parses them afterwards.
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
//! The convention's client metrics go to the meter provider set with
//! [`with_meter_provider`](GenAiLayerBuilder::with_meter_provider), or to the global one: the token counts that the
//! provider reported, durations, and, for streams, the time to the first chunk and between chunks. The metrics cover
//! every call, including calls whose span is not sampled.
//!
//! # Events
//!
//! A logger provider receives the convention's `gen_ai.client.operation.exception` for each failed call and, if
//! [`Details`] enables it, `gen_ai.client.inference.operation.details`. The caller's subscriber receives one `tracing`
//! event per call, with the target `spanloom`, the level INFO and no content.
//!
//! # Content
//!
//! Prompts and answers are recorded only where [`Content`] enables them, filtered by a [`ContentPolicy`]: by default
//! everything is kept, with secrets masked. Of HTTP headers only those of rate limits are recorded, URL queries never.
//!
//! # Attributes, prompts, prices
//!
//! [`MonitorAttributes`] attach your own keys, and a conversation, user, session and tenant, to a call, a scope or a
//! whole layer. [`prompt!`] records a template and its variables. [`PriceBook`] holds your own prices.
//!
//! # Overhead
//!
//! The caller's thread clones handles, copies the answer's bytes into bounded pieces and pushes one observation: about
//! 3 us per call and 0.1 to 0.2 us per chunk (`cargo bench -p spanloom --bench call`, 2026-11-29). The recorder's
//! thread does the parsing, counting, masking and pricing; both threads together take 14 to 17 us per call.
//!
//! # Features
//!
//! | feature | effect |
//! |---|---|
//! | `estimate` | token counts where the provider sent none, marked as estimates; otherwise they stay unknown |
//! | `responses` | [`text_from_stream`] for streams of the Responses API |
//!
//! # Data loss
//!
//! Bodies beyond [`RecorderLimits`] are not recorded; their span is. When the recorder's queue is full, calls keep their span
//! but lose content and usage; [`Recorder::stats`] counts these calls. No operation waits without a deadline.

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
mod evaluation;
mod event;
mod layer;
mod metrics;
mod observation;
pub mod operation;
mod parsed_call;
mod prices;
mod prompt;
mod prompt_segments;
mod rate_limits;
mod recorded_call;
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
pub use operation::{Operation, OperationGuard};
pub use prices::PriceBook;
#[doc(hidden)]
pub use prompt::__hash;
pub use prompt::Prompt;
pub use recorded_call::RecordedCall;
pub use recorder::{Recorder, RecorderLimits, Stats};
pub use spanloom_core::Evaluation;
pub use spanloom_core::content::{Action, ContentPath, ContentPolicy, Part, Place, Redacted, Rule};
pub use spanloom_core::secret::Mask;
pub use text::{TextDelta, TextStream, text_from_stream};

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
