//! OpenTelemetry's SDK and OTLP exporter for Node (npm), as a Node service uses them.

use std::path::Path;
use std::process::Command;

use super::Result;
use super::cache::{Installed, npm, part, run};

/// The version of the exporter.
pub const VERSION: &str = "0.223.1";
/// The installed packages.
const PACKAGES: [&str; 4] = [
    "@opentelemetry/exporter-trace-otlp-http@0.223.1",
    "@opentelemetry/sdk-trace-node@2.12.1",
    "@opentelemetry/resources@2.12.1",
    "@opentelemetry/api@1.9.1",
];

/// Installs the packages.
///
/// # Errors
/// When npm fails.
pub fn install() -> Result<Installed> {
    part("otel-node", VERSION, &PACKAGES.join(" "), |folder| {
        npm(folder, &PACKAGES)
    })
}

/// Fails unless the exporter can be loaded.
///
/// # Errors
/// When the exporter cannot be loaded.
pub fn answers() -> Result<()> {
    let mut node = Command::new("node");
    node.args(["-e", "require('@opentelemetry/exporter-trace-otlp-http')"])
        .env("NODE_PATH", install()?.path("node_modules"));
    run(&mut node)
}

/// Sends this many spans with `tests/parts/node/spans.js`, as the variables `OTEL_*` configure it.
///
/// # Errors
/// When the script fails, with the end of its output; messages of the exporter are not failures.
pub fn send(variables: &[(String, String)], count: usize) -> Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("parts/node/spans.js");
    let mut node = Command::new("timeout");
    node.args(["60", "node"])
        .arg(script)
        .arg(count.to_string())
        .envs(variables.iter().cloned())
        .env("NODE_PATH", install()?.path("node_modules"));
    run(&mut node)
}
