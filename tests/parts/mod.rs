//! Third-party programs to test against: installed with the ordinary package clients or built, kept in
//! `${XDG_CACHE_HOME:-~/.cache}/spanloom/parts` by name and version, started on free loopback ports.
//!
//! Each file is one part and states its version, once. `cargo run -p spanloom-tests --features real-parts --bin parts`
//! installs them all, starts each, and reports the result.

pub mod aimock;
pub mod axe;
mod cache;
pub mod chromium;
pub mod collector;
pub mod duckdb;
pub mod instrumentations;
pub mod jaeger;
pub mod llama;
pub mod node;
mod process;
mod python;
pub mod rotel;
pub mod weave;
pub mod weave_server;

pub use cache::Installed;
pub use process::{Running, eventually, free_port, get_json};

/// Any failure of a part: an installer's own output, or a program's log.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
