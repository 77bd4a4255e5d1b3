//! OpenAI's wire formats, read once from the bytes that pass through.
//!
//! Every reader is total: a field of an unexpected type counts as absent, and a malformed body yields what could be
//! read. The caller of a model must never notice that its call is read. The [`Endpoint`](crate::Endpoint) of the
//! request selects what differs between the APIs.

mod answer;
mod assemble;
mod credential;
mod failure;
mod include_usage;
mod message;
mod request;
mod response;
mod shape;
mod sse;
mod tail;

pub use answer::missing;
pub use assemble::{Assembled, assemble};
pub use credential::without_credentials;
pub use failure::{failure, stated};
pub use include_usage::include_usage;
pub use message::{PromptContent, output_messages, prompt_content};
pub use request::{model, request};
pub use response::{Body, response};
pub use shape::endpoint;
pub use sse::{Event, events, looks_like_events};
pub use tail::tail;
