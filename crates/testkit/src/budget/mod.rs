//! # Budgets
//!
//! A prompt grows with every change to it, and its bill with it. A service's own test can hold its calls to a budget:
//!
//! - [`assert_cost!`](crate::assert_cost): US dollars, for all calls together or for each
//! - [`assert_tokens!`](crate::assert_tokens): `input`, `output`, `total`, `cached` or `reasoning`
//! - [`assert_latency!`](crate::assert_latency): `p50`, `p90`, `p95`, `p99`, `max`, `mean` or `each`, of whole calls or
//!   of the `first_chunk` of streams
//!
//! One grammar: the calls, what of them, a comparison (`<=`, `<`, `>=`, `>`, `==`), a limit. Calls are
//! [`Calls`](crate::Calls), one [`RecordedCall`](crate::RecordedCall) or a slice of them.
//!
//! Two things fail though no limit is passed, because a test that says nothing is worse than none:
//! - **no calls**: a budget for nothing holds always.
//! - **unknown** cost, tokens or latency (a model without a price, a call that failed, a provider that reports no
//!   usage): unknown is not 0. With `, unknown = ignore` after the limit such calls are left out.
//!
//! Without a monitor, with the layer on a tracer provider:
//!
//! ```
//! # use opentelemetry::KeyValue;
//! # use opentelemetry::trace::{Span, Tracer, TracerProvider};
//! use std::time::Duration;
//!
//! use spanloom_testkit::{SpanRecorder, assert_cost, assert_latency, assert_tokens};
//!
//! # fn main() -> Result<(), spanloom_testkit::Error> {
//! let spans = SpanRecorder::new();
//! let provider = spans.provider(); // for `GenAiLayer::builder(&recorder).with_tracer_provider(&provider)`
//! # let mut span = provider.tracer("service").start("chat gpt-4o-mini");
//! # for (key, value) in [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-4o-mini")] {
//! #     span.set_attribute(KeyValue::new(key, value));
//! # }
//! # span.set_attribute(KeyValue::new("gen_ai.usage.input_tokens", 120));
//! # span.set_attribute(KeyValue::new("gen_ai.usage.output_tokens", 40));
//! # span.end();
//! // The service answers a question, with its client in that layer.
//! let calls = spans.wait_for_calls(1)?;
//! assert_cost!(calls, <= 0.01); // US dollars, all calls together
//! assert_cost!(calls, each <= 0.002);
//! assert_tokens!(calls, input <= 500);
//! assert_tokens!(calls, each total <= 1_000);
//! assert_latency!(calls, p95 <= 2.5 s);
//! assert_latency!(calls, max <= Duration::from_secs(10));
//! # Ok(())
//! # }
//! ```
//!
//! With a monitor, `sink.calls()` of the [`Sink`](crate::Sink) it sends to gives the same; the example `budget` shows
//! both. With a [`ModelServer`](crate::ModelServer) of the same seed a test sees the same answers every time, and so the
//! same tokens and cost; its [`Latency::None`](crate::Latency::None) keeps limits on latency from failing on a busy
//! machine.

mod check;
mod hold;
mod macros;
#[cfg(test)]
mod tests;
mod word;

pub use check::{cost, latency, tokens};
pub use word::{AsCalls, Comparison, Latency, Scope, Tokens, Unknown};
