//! W&B's reference trace server, with the API of servers before `calls/complete`.

use std::path::Path;

use super::cache::Installed;
use super::python::{environment, python};
use super::{Result, Running, free_port};

/// The last version of PyPI's `weave` with the server.
pub const VERSION: &str = "0.51.59";

/// Installs the server.
///
/// # Errors
/// When pip fails.
pub fn install() -> Result<Installed> {
    let weave = format!("weave=={VERSION}");
    let packages = [
        weave.as_str(),
        // A version older than those of the other environments.
        "gql==3.5.3",
        "graphql-core==3.2.6",
        "wandb==0.31.0",
        "fastapi==0.165.0",
        "starlette==1.10.0",
        "uvicorn==0.54.0",
        "python-multipart==0.0.34",
        "emoji==2.16.0",
    ];
    environment("weave-server", VERSION, &packages, true)
}

/// The server, running on an empty store.
#[derive(Debug)]
pub struct WeaveServer {
    _process: Running,
    url: String,
}

impl WeaveServer {
    /// Starts the server.
    ///
    /// # Errors
    /// When the server is not installed or does not start.
    pub async fn start() -> Result<Self> {
        let port = free_port()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("parts/weave/server.py");
        let mut command = python(&install()?, &script);
        let mut process = Running::start("W&B's reference server", command.arg(port.to_string()))?;
        let url = format!("http://127.0.0.1:{port}");
        process.answers(&format!("{url}/health")).await?;
        Ok(Self {
            _process: process,
            url,
        })
    }

    /// Returns the server's base address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}
