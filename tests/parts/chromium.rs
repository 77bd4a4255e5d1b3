//! Chromium and its WebDriver, from Debian's packages.

use std::fs;
use std::path::Path;
use std::process::Command;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};

use super::cache::{Installed, cache, run};
use super::{Result, Running, free_port};

/// Debian has one version at a time: the newest with its security fixes.
pub const VERSION: &str = "of Debian";

/// Installs both if they are missing, which requires root.
///
/// # Errors
/// When apt fails.
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

/// Returns the installed version.
///
/// # Errors
/// When Chromium does not report it.
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

/// A running browser, without a window.
#[derive(Debug)]
pub struct Browser {
    /// Its one tab.
    pub tab: Client,
    driver: String,
    _process: Running,
}

impl Browser {
    /// Starts a browser of `width` by `height` pixels that reports what pages log.
    ///
    /// # Errors
    /// When the browser is not installed or does not start.
    pub async fn start(width: u32, height: u32) -> Result<Self> {
        install()?;
        let port = free_port()?;
        let mut driver = Running::start(
            "chromedriver",
            Command::new("/usr/bin/chromedriver").arg(format!("--port={port}")),
        )?;
        let url = format!("http://127.0.0.1:{port}");
        driver.answers(&format!("{url}/status")).await?;
        let profile = driver.path("profile");
        let window = format!("--window-size={width},{height}");
        let options = json!({
            "binary": "/usr/bin/chromium",
            // The browser may run as root here, and connects only to the page's server.
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
            .connect(&url)
            .await?;
        Ok(Self {
            tab,
            driver: url,
            _process: driver,
        })
    }

    /// Runs a script in the page, and returns its result.
    ///
    /// # Errors
    /// When the script throws.
    pub async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.tab.execute(script, Vec::new()).await?)
    }

    /// Returns the warnings and errors on the page's console since the last call.
    ///
    /// # Errors
    /// When the browser does not return them.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let session = self.tab.session_id().await?.ok_or("no session")?;
        let url = format!("{}/session/{session}/se/log", self.driver);
        let question = reqwest::Client::new()
            .post(url)
            .json(&json!({"type": "browser"}));
        let answer: Value = question.send().await?.error_for_status()?.json().await?;
        let entries = answer["value"].as_array().ok_or("no log")?;
        Ok(entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
            .map(|entry| entry["message"].to_string())
            .collect())
    }

    /// Saves a screenshot for review: `name` in the folder `screenshots` of the cache.
    ///
    /// # Errors
    /// When the screenshot cannot be written.
    pub async fn keep_screenshot(&self, name: &str) -> Result<()> {
        let folder = cache()?.join("screenshots");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), self.tab.screenshot().await?)?;
        Ok(())
    }
}
