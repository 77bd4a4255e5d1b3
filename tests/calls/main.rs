//! The signals that the layer makes of calls, compared with independent sources.
//!
//! - `conformance`: every span, metric and event against the GenAI conventions' own data (`semconv/`).
//! - `exchange`: exchanges recorded from real servers (`exchanges/`), with snapshots of their signals.
//! - `stream`: thousands of generated answers give the caller the same with the layer as without it.
//!
//! No test needs the network: answers are from the testkit's server on loopback, from files, or from memory.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

mod answers;
mod ask;
mod conformance;
mod exchange;
mod observe;
mod stream;
