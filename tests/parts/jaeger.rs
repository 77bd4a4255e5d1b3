//! Jaeger v2, built from its module and run with the file in `deploy/`.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::cache::{Installed, part, run};
use super::collector::deploy;
use super::{Result, Running, free_port, get_json};

/// The tag that Go knows: v2 tags are unavailable, since the module's path lacks `/v2`. 1.76.0 is the commit of 2.13.0.
pub const VERSION: &str = "1.76.0";

const MODULE: &str = "github.com/jaegertracing/jaeger";

/// From Jaeger's own go.mod: only the main module's replacements count, and here the main module is ours.
const REPLACE: &str = "replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0";

/// Installs Jaeger.
///
/// # Errors
/// When Go cannot build it.
pub fn install() -> Result<Installed> {
    let go_mod = format!("module jaeger\n\ngo 1.25\n\nrequire {MODULE} v{VERSION}\n\n{REPLACE}\n");
    part("jaeger", VERSION, &go_mod, |folder| {
        let go = |args: &[&str]| run(Command::new("go").current_dir(folder).args(args));
        fs::write(folder.join("go.mod"), &go_mod)?;
        go(&["mod", "download", MODULE])?;
        // Its checksums, verified with its module, save a query of the checksum database for each of 500 others.
        let modules = Command::new("go")
            .args(["env", "GOMODCACHE"])
            .output()?
            .stdout;
        let modules = String::from_utf8(modules)?;
        let theirs = format!("{}/{MODULE}@v{VERSION}/go.sum", modules.trim());
        let ours = fs::read_to_string(folder.join("go.sum")).unwrap_or_default();
        fs::write(folder.join("go.sum"), ours + &fs::read_to_string(theirs)?)?;
        let main = format!("{MODULE}/cmd/jaeger");
        go(&[
            "build",
            "-mod=mod",
            "-trimpath",
            "-ldflags=-s -w",
            "-o",
            "jaeger",
            &main,
        ])
    })
}

/// A running Jaeger, with its spans in memory.
#[derive(Debug)]
pub struct Jaeger {
    _process: Running,
    otlp: u16,
    query: u16,
}

impl Jaeger {
    /// Starts Jaeger with `deploy/jaeger/config.yaml`.
    ///
    /// # Errors
    /// When Jaeger is not installed or does not start.
    pub async fn start() -> Result<Self> {
        let (otlp, query, health) = (free_port()?, free_port()?, free_port()?);
        let mut command = Command::new(install()?.path("jaeger"));
        command
            .arg("--config")
            .arg(deploy("jaeger/config.yaml"))
            .env("JAEGER_OTLP", format!("127.0.0.1:{otlp}"))
            .env("JAEGER_QUERY", format!("127.0.0.1:{query}"))
            .env("JAEGER_GRPC", format!("127.0.0.1:{}", free_port()?))
            .env("JAEGER_HEALTH", format!("127.0.0.1:{health}"));
        let mut process = Running::start("Jaeger", &mut command)?;
        process
            .answers(&format!("http://127.0.0.1:{health}/status"))
            .await?;
        Ok(Self {
            _process: process,
            otlp,
            query,
        })
    }

    /// Returns the address for collectors that send OTLP over gRPC.
    #[must_use]
    pub fn otlp(&self) -> String {
        format!("127.0.0.1:{}", self.otlp)
    }

    /// Returns the address of its pages.
    #[must_use]
    pub fn page(&self) -> String {
        format!("http://127.0.0.1:{}", self.query)
    }

    /// Returns the trace `id` from its query API.
    ///
    /// # Errors
    /// When Jaeger does not have that trace yet.
    pub async fn trace(&self, id: &str) -> Result<Value> {
        let url = format!("http://127.0.0.1:{}/api/traces/{id}", self.query);
        let mut answer = get_json(&url).await?;
        Ok(answer["data"][0].take())
    }

    /// Returns the services it knows.
    ///
    /// # Errors
    /// When Jaeger does not answer.
    pub async fn services(&self) -> Result<Value> {
        let url = format!("http://127.0.0.1:{}/api/services", self.query);
        Ok(get_json(&url).await?["data"].take())
    }
}
