//! Spans become records.
//!
//! The mapping matches on attribute names, not on who made the span: our own, and those of other instrumentations
//! (GenAI conventions old and new, OpenInference, OpenLLMetry, Vercel AI SDK) come out as the same [`Record`](crate::Record). The
//! names that are looked for stand in one table, `dialect`, in order of preference; messages with an attribute for each field
//! are put together by `flat`.

mod attribute;
mod dialect;
mod flat;
mod monitor;
mod span;

pub use attribute::Attributes;
pub use span::{Span, SpanStatus, record};
