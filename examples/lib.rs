//! One file per task, run with `cargo run -p spanloom-examples --example NAME`:
//!
//! - `quickstart`: the two lines, and what the flush says
//! - `attributes`: attributes per call and per scope
//! - `own_pipeline`: the bare layer on a service's own tracer provider
