//! Exports spans as records: to W&B Weave, to a spanloom server, to OTLP collectors, and to files.
//!
//! An [`Exporter`] has a bounded queue and a thread for each [`Destination`]. Spans enter through its
//! [`SpanProcessor`](Exporter::processor) (or its stock [`SpanExporter`](Exporter::span_exporter)), are encoded on the
//! destination's thread (as a [`Record`](spanloom_core::Record), a line or an OTLP span), and are sent until the
//! destination has decided. Every span is accounted for: see [`Receipt`].
//!
//! ```no_run
//! use std::time::Duration;
//! use opentelemetry_sdk::trace::SdkTracerProvider;
//! use spanloom_exporter::{Destination, Exporter, SpoolSettings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let exporter = Exporter::builder("acme/chatbot/openai_logs".parse()?)
//!     .with_destination(Destination::spanloom("http://127.0.0.1:7440")?)
//!     .with_destination(Destination::otlp_http("http://127.0.0.1:4318")?.without_content())
//!     .with_spool(SpoolSettings::new("spool"))
//!     .start()?;
//! let provider = SdkTracerProvider::builder().with_span_processor(exporter.processor()).build();
//! // … spans …
//! let receipt = exporter.flush(Duration::from_secs(5));
//! println!("{receipt}");
//! # drop(provider); Ok(())
//! # }
//! ```
//!
//! # Data loss
//!
//! With a spool ([`ExporterBuilder::with_spool`]): records beyond the spool's size and age limits, oldest first, and
//! records in memory when the process is killed (with [`SpoolMode::Always`], none older than 50 ms while the disk keeps
//! up). Without a spool: spans beyond [`Limits::queue_bytes`], spans not delivered within [`Limits::give_up_after`],
//! and spans still queued when the process ends. All losses are counted, by reason.

#![cfg_attr(
    not(feature = "otlp"),
    expect(dead_code, reason = "tables have rows that only OTLP uses")
)]

mod backlog;
mod content;
mod destination;
mod error;
mod exchange;
mod exporter;
mod fanout;
mod item;
mod limits;
mod observe;
mod processor;
#[cfg(feature = "otlp")]
mod profile;
mod protocol;
mod proxy;
mod queue;
mod reason;
mod receipt;
mod sampling;
mod span;
mod spool;
mod starts;
mod transport;
mod worker;

pub use backlog::SpoolBacklog;
pub use destination::{Destination, DestinationKind};
pub use error::{Error, ErrorKind};
pub use exporter::{Exporter, ExporterBuilder};
pub use limits::Limits;
pub use processor::{RecordExporter, RecordProcessor};
#[cfg(feature = "otlp")]
#[doc(hidden)] // for the tests of this workspace that run W&B's own code
pub use profile::{Profile, stream_of};
pub use receipt::{Account, DestinationReceipt, Dropped, Receipt};
pub use sampling::Sampling;
pub use spool::{SpoolMode, SpoolSettings};

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
