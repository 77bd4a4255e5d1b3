//! Test tools for services that call models: for spanloom's own tests, its demo, and your tests.
//!
//! Fakes rather than mocks: the servers here speak real HTTP on the loopback interface and misbehave on request, so
//! that the client, its retries and the instrumentation around it are the real ones.
//!
//! - [`ModelServer`] answers like OpenAI: chat completions (plain and streamed, with tools), embeddings and the list
//!   of models, with realistic usage and latency. [`Fault`] and [`FaultPlan`] script its failures, and its journal
//!   lists the requests and the answers.
//! - [`SpanRecorder`] is a span exporter that keeps spans in memory and can wait for spans to arrive.
//! - [`Sink`] is the destination of an exporter: it records request bodies, answers with scripted statuses, hangs,
//!   stops and restarts on the same port.
//! - [`Calls`] are the model calls that a recorder or a sink received, with their tokens, cost and latency; a
//!   test holds them to a budget, such as `calls.cost().sum().at_most(0.01)?`.
//!
//! Nothing here reads the environment or leaves this machine. Every wait has a deadline.
//!
//! ```
//! use spanloom_testkit::{Fault, Latency, ModelServer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), spanloom_testkit::Error> {
//! let server = ModelServer::builder().with_latency(Latency::None).start().await?;
//! server.fail_next(Fault::InsufficientQuota);
//! assert!(server.base_url().ends_with("/v1")); // the client's `with_api_base`
//! assert!(server.requests().is_empty());
//! # Ok(())
//! # }
//! ```

mod calls;
mod error;
mod listen;
mod lock;
mod model_server;
mod recorder;
mod sink;

pub use calls::{Calls, Figures, OverBudget, RecordedCall, Statistic, json, record};
pub use error::{Error, ErrorKind};
/// The status codes that [`Sink`] and [`Fault::Status`] accept.
pub use http::StatusCode;
pub use model_server::{
    Answer, Fault, FaultPlan, Latency, ModelServer, ModelServerBuilder, ReceivedRequest, TokenUsage,
};
pub use recorder::{SpanRecorder, attribute};
pub use sink::{Sink, SinkAnswer, SinkRequest};

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
