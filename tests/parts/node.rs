//! OpenTelemetry's SDK and OTLP exporter for Node (npm), as a service in Node has them.

use std::path::Path;
use std::process::Command;

use super::Result;
use super::cache::{Installed, npm, part, run};

/// Of the exporter.
pub const VERSION: &str = "0.223.1";
/// What is installed.
const PACKAGES: [&str; 4] = [
    "@opentelemetry/exporter-trace-otlp-http@0.223.1",
    "@opentelemetry/sdk-trace-node@2.12.1",
    "@opentelemetry/resources@2.12.1",
    "@opentelemetry/api@1.9.1",
];

/// Installs them.
///
/// # Errors
/// When npm cannot.
pub fn install() -> Result<Installed> {
    part("otel-node", VERSION, &PACKAGES.join(" "), |folder| {
        npm(folder, &PACKAGES)
    })
}

/// Fails unless the exporter can be loaded.
///
/// # Errors
/// When it cannot.
pub fn answers() -> Result<()> {
    let mut node = Command::new("node");
    node.args(["-e", "require('@opentelemetry/exporter-trace-otlp-http')"])
        .env("NODE_PATH", install()?.path("node_modules"));
    run(&mut node)
}

/// Sends so many spans to a server with `tests/parts/node/spans.js`.
///
/// # Errors
/// When it fails, with its last words; the exporter's own complaints are no failure.
pub fn send(server: &str, count: usize) -> Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("parts/node/spans.js");
    let mut node = Command::new("timeout");
    node.args(["60", "node"])
        .arg(script)
        .args([server, &count.to_string()])
        .env("NODE_PATH", install()?.path("node_modules"));
    run(&mut node)
}
