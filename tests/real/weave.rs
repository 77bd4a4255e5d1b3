//! W&B's own code is the judge of what we send and serve. None of it was ever run against the hosted service.

mod client;
mod mapper;
mod models;

use std::process::Command;

use crate::program::{Server, built};

/// A server with the calls of the demo, recorded by the program its users start.
pub(crate) async fn demo() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(built("spanloom"))
        .args(["demo", "--once", "--listen", "127.0.0.1:0", "--db"])
        .arg(folder.path().join("demo.db"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Server::on("demo.db", folder).await
}
