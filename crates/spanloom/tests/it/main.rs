//! The two lines, as a service would use them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

mod content;
#[cfg(feature = "tracing")]
mod layer;
mod monitor;
mod setup;
mod start;
