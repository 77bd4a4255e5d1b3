//! Clients and servers of the real rmcp crate.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

mod content;
mod handler;
mod http;
mod metrics;
mod requests;
mod setup;
