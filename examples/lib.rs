//! One file per task, run with `cargo run -p spanloom-examples --example NAME`:
//!
//! - `quickstart`: the two lines, and the receipt of a flush
//! - `receipt`: an async shutdown, and the account of what was delivered
//! - `worker`: a worker that delivers the calls of each job
//! - `agents`: an agent with tools, in a conversation
//! - `destinations`: several destinations, each with its own content
//! - `providers`: Azure, and Ollama
//! - `http_client`: an HTTP client of one's own
//! - `attributes`: attributes per call and per scope
//! - `own_pipeline`: the bare layer on a service's own tracer provider
//! - `content_policy`: what is kept of prompts and answers, and the details event
//! - `prices`: custom prices: in code, from a file, replaced while running
//! - `prompts`: prompt templates, conversations and tasks
//! - `streams`: the text of a stream, exact token counts, `traceparent`
//! - `budget`: a service's own test that keeps its prompts within a budget
//! - `axum_service`: a service with its own tracing, without spanloom; needs a model server and a collector
//! - `axum_service_monitored`: the same service with its calls in its own traces
//! - `axum_service_beside`: the same service with a monitor next to its pipeline
