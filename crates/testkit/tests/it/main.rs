//! The fakes with the real clients: async-openai for the model server, the SDK for the recorder, reqwest for the sink.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says best by panicking where it failed"
)]

mod calls;
mod chat;
mod client;
mod embedding;
mod fault;
mod journal;
mod recorder;
mod sink;
mod stream;
mod tool;
