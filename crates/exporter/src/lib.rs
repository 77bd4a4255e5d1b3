//! Exports spans as records to W&B Weave or to a spanloom server.
//!
//! An [`Exporter`] owns a bounded queue and a thread. Spans enter through its [`SpanProcessor`](Exporter::processor)
//! (or as a stock [`SpanExporter`](Exporter::span_exporter)), become [`Record`](spanloom_core::Record)s on that thread
//! and are sent as complete calls of Weave's API. Every span is accounted for: see [`Receipt`].
//!
//! ```no_run
//! use std::time::Duration;
//! use opentelemetry_sdk::trace::SdkTracerProvider;
//! use spanloom_exporter::{Destination, Exporter};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stream = "acme/chatbot/openai_logs".parse()?;
//! let exporter = Exporter::start(Destination::new("http://127.0.0.1:7440")?, stream)?;
//! let provider = SdkTracerProvider::builder().with_span_processor(exporter.processor()).build();
//! // … spans …
//! let receipt = exporter.flush(Duration::from_secs(5));
//! println!("{receipt}");
//! # drop(provider); Ok(())
//! # }
//! ```
//!
//! # What can be lost
//!
//! While the destination cannot be reached, spans are kept in memory up to [`Limits::queue_bytes`]; what comes beyond is
//! dropped and counted. A batch is given up, and counted, [`Limits::give_up_after`] its first failed try. What is still
//! queued when the process ends is lost; the last [`Receipt`] says how much.

mod destination;
mod error;
mod otlp;
mod processor;
mod profile;
mod queue;
mod receipt;
mod sender;
mod span;

pub use destination::Destination;
pub use error::{Error, ErrorKind};
pub use otlp::WithoutBodies;
pub use processor::{RecordExporter, RecordProcessor};
#[doc(hidden)] // for the tests of this workspace that run W&B's own code
pub use profile::{Profile, stream_of};
pub use queue::Limits;
pub use receipt::{Dropped, Receipt};
pub use sender::Exporter;
