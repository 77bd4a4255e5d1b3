//! The exporter with an HTTP server that stores, refuses, hangs and disconnects.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

mod authority;
mod canary;
mod child;
mod delivery;
mod destinations;
mod front;
mod proxies;
mod proxy;
mod refusal;
mod said;
mod serve;
mod setup;
mod spool;
mod starts;
mod tls;
mod upstream;
