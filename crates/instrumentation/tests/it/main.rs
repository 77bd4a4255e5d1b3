//! The layer with the real async-openai client over HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

mod attributes;
mod canary;
mod canned;
mod chat;
mod completions;
mod content;
mod drain;
mod event;
mod failure;
mod fetch;
mod limits;
mod metrics;
mod operation;
mod operation_end;
mod operation_metrics;
mod outgoing;
mod prompt;
mod responses;
mod sampling;
mod scope;
mod setup;
mod stream;
mod text;
mod trace_event;
