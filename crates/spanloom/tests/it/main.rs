//! The two lines of setup, as a service would use them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

mod attributes;
#[cfg(feature = "otlp")]
mod certificates;
#[cfg(feature = "tracing")]
mod collector;
mod content;
#[cfg(feature = "otlp")]
mod destinations;
mod ending;
mod evaluation;
mod layer;
mod monitor;
#[cfg(feature = "tracing")]
mod operation;
mod prices;
mod setup;
mod start;
#[cfg(feature = "responses")]
mod text;

// The exporter tests' server behind TLS.
#[cfg(feature = "otlp")]
#[expect(dead_code, reason = "the exporter's tests use more of it")]
#[path = "../../../exporter/tests/it/authority.rs"]
mod authority;
#[cfg(feature = "otlp")]
#[path = "../../../exporter/tests/it/front.rs"]
mod front;
#[cfg(feature = "otlp")]
#[path = "../../../exporter/tests/it/serve.rs"]
mod serve;
#[cfg(feature = "otlp")]
#[expect(dead_code, reason = "the exporter's tests use more of it")]
#[path = "../../../exporter/tests/it/upstream.rs"]
mod upstream;
