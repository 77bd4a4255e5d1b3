//! The OpenTelemetry Collector, built with its own builder and run with the file in `deploy/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::cache::{Installed, part, run};
use super::{Result, Running, free_port};

/// `0.N.0`: the release train of the collector and its contrib modules. The tag of the image in `deploy/compose.yaml`.
pub const VERSION: &str = "0.162.0";

/// The offset of the stable modules' version: `1.(N - 94).0`.
const STABLE_BEHIND: u32 = 94;

/// Kind, module, and whether its version is a stable one.
const MODULES: [(&str, &str, bool); 11] = [
    (
        "receivers",
        "go.opentelemetry.io/collector/receiver/otlpreceiver",
        false,
    ),
    (
        "processors",
        "go.opentelemetry.io/collector/processor/batchprocessor",
        false,
    ),
    (
        "processors",
        "go.opentelemetry.io/collector/processor/memorylimiterprocessor",
        false,
    ),
    (
        "exporters",
        "go.opentelemetry.io/collector/exporter/debugexporter",
        false,
    ),
    (
        "exporters",
        "go.opentelemetry.io/collector/exporter/otlpexporter",
        false,
    ),
    (
        "exporters",
        "go.opentelemetry.io/collector/exporter/otlphttpexporter",
        false,
    ),
    (
        "exporters",
        "github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter",
        false,
    ),
    (
        "extensions",
        "github.com/open-telemetry/opentelemetry-collector-contrib/extension/healthcheckextension",
        false,
    ),
    (
        "providers",
        "go.opentelemetry.io/collector/confmap/provider/envprovider",
        true,
    ),
    (
        "providers",
        "go.opentelemetry.io/collector/confmap/provider/fileprovider",
        true,
    ),
    (
        "providers",
        "go.opentelemetry.io/collector/confmap/provider/yamlprovider",
        true,
    ),
];

/// Installs the collector.
///
/// # Errors
/// When Go cannot build it.
pub fn install() -> Result<Installed> {
    let modules = modules()?;
    let manifest = manifest(&modules);
    part("otelcol", VERSION, &manifest, |folder| {
        let sources = folder.join("sources");
        let builder = format!("go.opentelemetry.io/collector/cmd/builder@v{VERSION}");
        run(Command::new("go")
            .args(["install", &builder])
            .env("GOBIN", folder))?;
        fs::write(folder.join("builder.yaml"), &manifest)?;
        run(Command::new(folder.join("builder"))
            .current_dir(folder)
            .args([
                "--config=builder.yaml",
                "--skip-get-modules",
                "--skip-compilation",
            ]))?;
        // The builder would run `go mod tidy`, which also needs the modules that only tests import, and a module proxy
        // may not have those.
        fs::write(sources.join("go.mod"), go_mod(&modules))?;
        run(Command::new("go").current_dir(&sources).args([
            "build",
            "-mod=mod",
            "-trimpath",
            "-ldflags=-s -w",
            "-o",
            "../otelcol",
            ".",
        ]))
    })
}

/// Returns the kind, module and version of every component.
fn modules() -> Result<Vec<(&'static str, String)>> {
    let train: u32 = VERSION
        .split('.')
        .nth(1)
        .ok_or("a version has three parts")?
        .parse()?;
    let stable = format!("v1.{}.0", train - STABLE_BEHIND);
    let version = |is_stable| {
        if is_stable {
            stable.clone()
        } else {
            format!("v{VERSION}")
        }
    };
    Ok(MODULES
        .iter()
        .map(|(kind, module, stable)| (*kind, format!("{module} {}", version(*stable))))
        .collect())
}

/// Returns the builder's manifest.
fn manifest(modules: &[(&str, String)]) -> String {
    let mut text = String::from("dist:\n  name: otelcol\n  output_path: sources\n");
    let mut last = "";
    for (kind, module) in modules {
        if *kind != last {
            text += &format!("{kind}:\n");
            last = kind;
        }
        text += &format!("  - gomod: {module}\n");
    }
    text
}

fn go_mod(modules: &[(&str, String)]) -> String {
    let lines: String = modules
        .iter()
        .map(|(_, module)| format!("\t{module}\n"))
        .collect();
    format!(
        "module otelcol\n\ngo 1.25\n\nrequire (\n{lines}\tgo.opentelemetry.io/collector/otelcol v{VERSION}\n)\n"
    )
}

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    process: Running,
    http: u16,
    grpc: u16,
}

impl Collector {
    /// Starts the collector with `deploy/collector/config.yaml`, forwarding spans to a Jaeger at `jaeger` (`host:port`
    /// of OTLP over gRPC) and a spanloom server at `spanloom` (base URL).
    ///
    /// # Errors
    /// When the collector is not installed or does not start.
    pub async fn start(jaeger: &str, spanloom: &str) -> Result<Self> {
        Self::start_with(jaeger, spanloom, &[]).await
    }

    /// Starts the collector with these configuration files merged over the first.
    ///
    /// # Errors
    /// When the collector is not installed or does not start.
    pub async fn start_with(jaeger: &str, spanloom: &str, over: &[&Path]) -> Result<Self> {
        let (http, grpc, health) = (free_port()?, free_port()?, free_port()?);
        let mut command = Command::new(install()?.path("otelcol"));
        command
            .arg("--config")
            .arg(deploy("collector/config.yaml"))
            .args(over.iter().flat_map(|file| [Path::new("--config"), file]))
            .env("COLLECTOR_GRPC", format!("127.0.0.1:{grpc}"))
            .env("COLLECTOR_HTTP", format!("127.0.0.1:{http}"))
            .env("COLLECTOR_HEALTH", format!("127.0.0.1:{health}"))
            .env("JAEGER_OTLP", jaeger)
            .env("SPANLOOM_URL", spanloom)
            .env("SPANS_FILE", "spans.jsonl");
        let mut process = Running::start("the collector", &mut command)?;
        process
            .answers(&format!("http://127.0.0.1:{health}"))
            .await?;
        Ok(Self {
            process,
            http,
            grpc,
        })
    }

    /// Returns the address for services that send OTLP over gRPC.
    #[must_use]
    pub fn grpc_address(&self) -> String {
        format!("http://127.0.0.1:{}", self.grpc)
    }

    /// Returns the address for services that send OTLP over HTTP.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }

    /// Returns the spans its file exporter has written, each with its resource's attributes under `resource`.
    ///
    /// # Errors
    /// When the file is not in that exporter's format.
    pub fn spans(&self) -> Result<Vec<Value>> {
        let text = fs::read_to_string(self.process.path("spans.jsonl")).unwrap_or_default();
        let mut spans = Vec::new();
        // The last line may be incomplete.
        for line in text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            let batch: Value = serde_json::from_str(line)?;
            for resource in array(&batch["resourceSpans"]) {
                for span in array(&resource["scopeSpans"])
                    .iter()
                    .flat_map(|scope| array(&scope["spans"]))
                {
                    let mut span = span.clone();
                    span["resource"] = resource["resource"]["attributes"].clone();
                    spans.push(span);
                }
            }
        }
        Ok(spans)
    }

    /// Returns its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Returns the path of a file in `deploy/`.
pub(super) fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy")
        .join(file)
}
