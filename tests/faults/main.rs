//! The exporter's contract, broken on purpose: a network that fails in more than a hundred ways, runtimes of every kind, disks that are full.

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
