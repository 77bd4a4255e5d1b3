//! Rotel, a second, independent collector in Rust (PyPI's wheel contains the program).

use std::process::Command;

use super::cache::Installed;
use super::python::{environment, packages};
use super::{Result, Running, eventually, free_port};

/// The version of `rotel`.
pub const VERSION: &str = "0.0.1a15";

/// Installs Rotel.
///
/// # Errors
/// When pip fails.
pub fn install() -> Result<Installed> {
    environment("rotel", VERSION, &[&format!("rotel=={VERSION}")], true)
}

/// A running Rotel.
#[derive(Debug)]
pub struct Rotel {
    process: Running,
    http: u16,
    grpc: u16,
}

impl Rotel {
    /// Starts Rotel, forwarding spans to `destination` (base URL of OTLP over HTTP).
    ///
    /// # Errors
    /// When Rotel is not installed or does not start.
    pub async fn start(destination: &str) -> Result<Self> {
        let (grpc, http) = (free_port()?, free_port()?);
        let mut command = Command::new(packages(&install()?)?.join("rotel/rotel-agent"));
        command
            .arg("start")
            .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")])
            .args(["--otlp-http-endpoint", &format!("127.0.0.1:{http}")])
            .args(["--batch-timeout", "200ms"])
            .args(["--exporter", "otlp", "--otlp-exporter-protocol", "http"])
            .args(["--otlp-exporter-endpoint", destination]);
        let process = Running::start("Rotel", &mut command)?;
        let started = Self {
            process,
            http,
            grpc,
        };
        // Rotel has no health page: any answer means that it runs.
        let url = started.address();
        eventually("Rotel listens", async || {
            reqwest::get(&url)
                .await
                .map(drop)
                .map_err(|error| format!("{error}\n{}", started.process.log()).into())
        })
        .await?;
        Ok(started)
    }

    /// Returns the address for services that send OTLP over HTTP.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }

    /// Returns the address for services that send OTLP over gRPC.
    #[must_use]
    pub fn grpc_address(&self) -> String {
        format!("http://127.0.0.1:{}", self.grpc)
    }

    /// Returns its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}
