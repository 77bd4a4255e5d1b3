//! The server over real HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

mod acts;
mod board;
mod boards;
mod bounds;
mod conversation;
mod costs;
mod damage;
mod deletion;
mod earlier;
mod evaluations;
mod export;
mod feedback;
mod groups;
mod guard;
mod labels;
mod live;
mod metrics;
mod objects;
mod otlp;
mod otlp_grpc;
mod otlp_json;
mod otlp_logs;
mod otlp_traces;
mod parameters;
mod parts;
mod query;
mod reads;
mod repeats;
mod retention;
mod search;
mod setup;
mod start;
mod store;
mod strange;
mod tables;
mod threads;
mod trace;
mod usage;
mod weave;
