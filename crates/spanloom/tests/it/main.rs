//! The two lines, as a service would use them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

mod attributes;
#[cfg(feature = "tracing")]
mod collector;
mod content;
mod layer;
mod monitor;
mod prices;
mod setup;
mod start;
