//! Spans become records.
//!
//! The mapping matches on attribute names, not on who made the span: our own, and those of other instrumentations
//! (GenAI conventions old and new, as rig and rust-genai have them, OpenInference, OpenLLMetry, Vercel AI SDK) come out as the
//! same [`Record`](crate::Record).
//!
//! | file | what |
//! |---|---|
//! | `span` | the span, and the way through the rest |
//! | `dialect` | the names that are looked for, as tables in order of preference |
//! | `info` | what is known beside content and numbers |
//! | `numbers` | tokens, cost, times |
//! | `content` | request and answer |
//! | `monitor` | the user's own attributes |
//! | `route` | where the record belongs |

mod attribute;
mod content;
mod dialect;
mod info;
mod monitor;
mod numbers;
mod route;
mod span;

pub use attribute::Attributes;
pub use content::is_content;
pub use span::{Span, SpanStatus, record};
