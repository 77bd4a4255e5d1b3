//! The mapping of spans to records.
//!
//! The mapping matches on attribute names, not on the origin of a span: our own spans and those of other
//! instrumentations (old and new GenAI conventions as used by rig and rust-genai, OpenInference, OpenLLMetry, Vercel AI
//! SDK) become the same [`Record`](crate::Record).
//!
//! | file | what |
//! |---|---|
//! | `span` | the span, and the mapping as a whole |
//! | `dialect` | the names to look for, as tables in order of preference |
//! | `mapped` | a mapped span whose content is not read yet |
//! | `event` | events and links: messages, exceptions |
//! | `unpack` | attributes with a whole request, answer or usage |
//! | `info` | the facts apart from content and numbers |
//! | `numbers` | tokens, cost, times |
//! | `content` | request and answer |
//! | `monitor` | the user's own attributes |
//! | `route` | the destination of the record |

mod attribute;
mod content;
mod dialect;
mod event;
mod info;
mod mapped;
mod monitor;
mod numbers;
mod route;
mod span;
mod unpack;

pub use attribute::{Attributes, Remaining};
pub use content::{UnreadContent, is_content};
pub use event::{Event, Link};
pub use mapped::MappedSpan;
pub use route::stream_of;
pub use span::{Span, SpanStatus, mapped, record};
