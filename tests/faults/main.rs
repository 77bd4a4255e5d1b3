//! The exporter's contract under faults: a network that fails in more than a hundred ways, runtimes, full disks.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

#[path = "../child.rs"]
mod child;
mod disk;
mod full_server;
mod grpc;
mod matrix;
mod memory;
mod open;
mod runtimes;
mod subject;
