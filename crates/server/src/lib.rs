//! The spanloom server: it receives records over W&B Weave's API and spans over OTLP, stores them, and displays them.
//!
//! ```no_run
//! use spanloom_server::{Database, Server};
//!
//! # async fn run() -> Result<(), spanloom_server::Error> {
//! let server = Server::builder().with_database(Database::Path("monitoring.db".into())).bind().await?;
//! println!("board at {}", server.url());
//! server.serve(std::future::pending()).await
//! # }
//! ```
//!
//! The server listens on loopback only, answers requests for its own names only, and loads nothing from other hosts.
//! Acknowledged records are on disk. This crate's `COMPATIBILITY.md` lists the supported parts of Weave's API.

mod app;
mod board;
mod body;
mod error;
mod guard;
mod metrics;
mod otlp;
mod questions;
mod reply;
mod server;
mod store;
mod weave;

pub use error::{Error, ErrorKind};
pub use server::{Server, ServerBuilder};
pub use store::{Database, Retention, backup};

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
