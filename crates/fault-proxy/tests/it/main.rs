//! The fault proxy with raw sockets and a real HTTP client: each fault does what its name states.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says best by panicking where it failed"
)]

mod answer;
mod client;
mod connection;
mod http2;
mod relay;
