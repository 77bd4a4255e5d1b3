//! The layer with the real async-openai client over HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

mod attributes;
mod canary;
mod chat;
mod content;
mod drain;
mod event;
mod failure;
mod metrics;
mod setup;
mod stream;
