//! Jaeger v2, built from its module and run with the file in `deploy/`.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::cache::{Installed, part, run};
use super::collector::deploy;
use super::{Result, Running, free_port, get_json};

/// The tag Go knows: v2 tags cannot be asked for, since the module's path lacks `/v2`. 1.76.0 is the commit of 2.13.0.
pub const VERSION: &str = "1.76.0";

const MODULE: &str = "github.com/jaegertracing/jaeger";

/// Jaeger's own go.mod has it. Only the main module's replacements count, and here that is ours.
const REPLACE: &str = "replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0";

/// Installs it.
///
/// # Errors
/// When Go cannot build it.
pub fn install() -> Result<Installed> {
    let go_mod = format!("module jaeger\n\ngo 1.25\n\nrequire {MODULE} v{VERSION}\n\n{REPLACE}\n");
    part("jaeger", VERSION, &go_mod, |folder| {
        let go = |args: &[&str]| run(Command::new("go").current_dir(folder).args(args));
        fs::write(folder.join("go.mod"), &go_mod)?;
        go(&["mod", "download", MODULE])?;
        // Its checksums, verified with its module, save asking the checksum database for each of 500 others.
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

/// A Jaeger that runs, with its spans in memory.
#[derive(Debug)]
pub struct Jaeger {
    _process: Running,
    otlp: u16,
    query: u16,
}

impl Jaeger {
    /// Starts it with `deploy/jaeger/config.yaml`.
    ///
    /// # Errors
    /// When it is not there or does not start.
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

    /// Where the collector sends, OTLP over gRPC.
    #[must_use]
    pub fn otlp(&self) -> String {
        format!("127.0.0.1:{}", self.otlp)
    }

    /// The address of its pages.
    #[must_use]
    pub fn page(&self) -> String {
        format!("http://127.0.0.1:{}", self.query)
    }

    /// The trace `id` as its query API tells it.
    ///
    /// # Errors
    /// When it does not have that trace yet.
    pub async fn trace(&self, id: &str) -> Result<Value> {
        let url = format!("http://127.0.0.1:{}/api/traces/{id}", self.query);
        let mut answer = get_json(&url).await?;
        Ok(answer["data"][0].take())
    }

    /// The services it has heard of.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn services(&self) -> Result<Value> {
        let url = format!("http://127.0.0.1:{}/api/services", self.query);
        Ok(get_json(&url).await?["data"].take())
    }
}
