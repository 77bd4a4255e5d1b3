//! This project with third-party programs. Feature `real-parts`; see `spanloom_tests::parts`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

mod agents;
mod aimock;
#[expect(dead_code, reason = "the exporter's tests use more of it")]
#[path = "../../crates/exporter/tests/it/authority.rs"]
mod authority;
mod beside;
mod board;
mod deploy;
mod doctor;
mod export;
mod grpc;
mod instrumentations;
mod llama;
mod model;
mod node;
mod program;
mod responses;
mod rotel;
mod running;
mod service;
mod setup;
mod spans;
mod tls;
mod weave;
