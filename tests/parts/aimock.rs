//! aimock, a scripted OpenAI-compatible server (npm).

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::cache::{Installed, npm, part};
use super::{Result, Running, free_port, get_json};

/// The version of `@copilotkit/aimock`.
pub const VERSION: &str = "1.43.0";

/// Installs aimock.
///
/// # Errors
/// When npm fails.
pub fn install() -> Result<Installed> {
    let package = format!("@copilotkit/aimock@{VERSION}");
    part("aimock", VERSION, &package, |folder| {
        npm(folder, &[&package])
    })
}

/// A running aimock. Its scripted sequences begin anew in each.
#[derive(Debug)]
pub struct Aimock {
    _process: Running,
    port: u16,
}

impl Aimock {
    /// Starts aimock with the answers in `aimock.json`.
    ///
    /// # Errors
    /// When aimock is not installed or does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(&Path::new(env!("CARGO_MANIFEST_DIR")).join("parts/aimock.json")).await
    }

    /// Starts aimock with other answers.
    ///
    /// # Errors
    /// When aimock is not installed or does not start.
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

    /// Returns the API base for a client.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Returns its journal of requests and answers, in order.
    ///
    /// # Errors
    /// When aimock does not answer.
    pub async fn journal(&self) -> Result<Vec<Value>> {
        let journal = get_json(&format!("http://127.0.0.1:{}/__aimock/journal", self.port)).await?;
        Ok(journal.as_array().cloned().unwrap_or_default())
    }
}
