//! aimock, a scripted OpenAI-compatible server (npm).

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::cache::{Installed, npm, part};
use super::{Result, Running, free_port, get_json};

/// Of `@copilotkit/aimock`.
pub const VERSION: &str = "1.43.0";

/// Installs it.
///
/// # Errors
/// When npm cannot.
pub fn install() -> Result<Installed> {
    let package = format!("@copilotkit/aimock@{VERSION}");
    part("aimock", VERSION, &package, |folder| {
        npm(folder, &[&package])
    })
}

/// An aimock that runs. Its scripted sequences begin anew with each.
#[derive(Debug)]
pub struct Aimock {
    _process: Running,
    port: u16,
}

impl Aimock {
    /// Starts it with the answers in `aimock.json`.
    ///
    /// # Errors
    /// When it is not there or does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(&Path::new(env!("CARGO_MANIFEST_DIR")).join("parts/aimock.json")).await
    }

    /// Starts it with other answers.
    ///
    /// # Errors
    /// When it is not there or does not start.
    pub async fn start_with(answers: &Path) -> Result<Self> {
        let port = free_port()?;
        let program = "node_modules/@copilotkit/aimock/dist/cli.js";
        let mut command = Command::new("node");
        command
            .arg(install()?.path(program))
            .args([
                "--strict",
                "--validate-on-load",
                "--port",
                &port.to_string(),
                "--fixtures",
            ])
            .arg(answers);
        let mut process = Running::start("aimock", &mut command)?;
        process
            .answers(&format!("http://127.0.0.1:{port}/health"))
            .await?;
        Ok(Self {
            _process: process,
            port,
        })
    }

    /// For a client's API base.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// What it says it was asked and what it answered with, in order.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn journal(&self) -> Result<Vec<Value>> {
        let journal = get_json(&format!("http://127.0.0.1:{}/__aimock/journal", self.port)).await?;
        Ok(journal.as_array().cloned().unwrap_or_default())
    }
}
