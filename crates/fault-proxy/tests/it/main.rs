//! The fault proxy under raw sockets and a real HTTP client: each behaviour is seen to do what its name says.

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
