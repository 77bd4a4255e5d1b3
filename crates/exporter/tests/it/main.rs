//! The exporter against an HTTP server that stores, refuses, hangs and goes away.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

mod delivery;
mod destinations;
mod refusal;
mod setup;
mod spool;
