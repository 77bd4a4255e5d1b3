//! Chromium and its WebDriver, Debian's packages.

use std::path::Path;
use std::process::Command;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};

use super::cache::{Installed, run};
use super::{Result, Running, free_port};

/// Debian has one version at a time: the newest with its security fixes.
pub const VERSION: &str = "of Debian";

/// Installs both where they are missing, which needs to be root.
///
/// # Errors
/// When apt cannot.
pub fn install() -> Result<Installed> {
    let there = ["chromium", "chromedriver"]
        .iter()
        .all(|program| Path::new("/usr/bin").join(program).exists());
    let begun = std::time::Instant::now();
    if !there {
        let apt = |args: &[&str]| {
            run(Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(args))
        };
        apt(&["update", "-qq"])?;
        apt(&[
            "install",
            "-qq",
            "-y",
            "--no-install-recommends",
            "chromium",
            "chromium-driver",
        ])?;
    }
    Ok(Installed {
        folder: "/usr/bin".into(),
        took: (!there).then(|| begun.elapsed()),
    })
}

/// The version that is installed.
///
/// # Errors
/// When it cannot be asked.
pub fn version() -> Result<String> {
    let said = Command::new("/usr/bin/chromium")
        .arg("--version")
        .output()?
        .stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    Ok(said
        .split_whitespace()
        .nth(1)
        .unwrap_or("unknown")
        .to_owned())
}

/// A browser that runs, without a window.
#[derive(Debug)]
pub struct Browser {
    /// Its one tab.
    pub tab: Client,
    _driver: Running,
}

impl Browser {
    /// Starts a browser of `width` by `height` pixels that reports what pages log.
    ///
    /// # Errors
    /// When it is not there or does not start.
    pub async fn start(width: u32, height: u32) -> Result<Self> {
        install()?;
        let port = free_port()?;
        let mut driver = Running::start(
            "chromedriver",
            Command::new("/usr/bin/chromedriver").arg(format!("--port={port}")),
        )?;
        driver
            .answers(&format!("http://127.0.0.1:{port}/status"))
            .await?;
        let profile = driver.path("profile");
        let window = format!("--window-size={width},{height}");
        let options = json!({
            "binary": "/usr/bin/chromium",
            // It may run as root here, and has nothing to say to anybody but the page's server.
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en-GB", window,
                format!("--user-data-dir={}", profile.display()),
            ],
        });
        let mut capabilities = Map::new();
        capabilities.insert("goog:chromeOptions".into(), options);
        capabilities.insert("goog:loggingPrefs".into(), json!({"browser": "ALL"}));
        let tab = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await?;
        Ok(Self {
            tab,
            _driver: driver,
        })
    }

    /// What the page runs and returns.
    ///
    /// # Errors
    /// When the script throws.
    pub async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.tab.execute(script, Vec::new()).await?)
    }
}
