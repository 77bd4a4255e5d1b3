//! W&B's reference trace server, which knows what servers knew before `calls/complete`.

use std::path::Path;

use super::cache::Installed;
use super::python::{environment, python};
use super::{Result, Running, free_port};

/// The last version of PyPI's `weave` that carries it.
pub const VERSION: &str = "0.51.59";

/// Installs it.
///
/// # Errors
/// When pip cannot.
pub fn install() -> Result<Installed> {
    let weave = format!("weave=={VERSION}");
    let packages = [
        weave.as_str(),
        // Older than the others have.
        "gql==3.5.3",
        "graphql-core==3.2.6",
        "wandb==0.31.0",
        "fastapi==0.165.0",
        "starlette==1.10.0",
        "uvicorn==0.54.0",
        "python-multipart==0.0.34",
        "emoji==2.16.0",
    ];
    environment("weave-server", VERSION, &packages)
}

/// The server, running on an empty store.
#[derive(Debug)]
pub struct WeaveServer {
    _process: Running,
    url: String,
}

impl WeaveServer {
    /// Starts it.
    ///
    /// # Errors
    /// When it is not there or does not start.
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

    /// Its base address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}
