//! The spanloom server: it takes records over W&B Weave's API and spans over OTLP, keeps them, and shows them.
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
//! It listens on loopback only, answers requests for its own names only, and loads and fetches nothing from elsewhere.
//! What it answers with success is on disk. `COMPATIBILITY.md` beside this crate says what of Weave's API it speaks.

mod app;
mod board;
mod body;
mod error;
mod guard;
mod otlp;
mod questions;
mod reply;
mod server;
mod store;
mod weave;

pub use error::{Error, ErrorKind};
pub use server::{Server, ServerBuilder};
pub use store::Database;
