//! How this project gets on with programs nobody here wrote. Feature `real-parts`; see `spanloom_tests::parts`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

mod aimock;
mod beside;
mod board;
mod deploy;
mod doctor;
mod grpc;
mod llama;
mod model;
mod program;
mod responses;
mod rotel;
mod service;
mod spans;
mod weave;
