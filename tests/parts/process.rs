//! A running part.

use std::fs::{self, File};
use std::future::Future;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use super::{Result, cache::tail};

/// How long a program may take until its first answer: a browser on a busy machine is the slowest.
const START: Duration = Duration::from_secs(60);

/// A program that runs until this is dropped. Its output goes to a file, which an error quotes.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    folder: TempDir,
}

impl Running {
    /// Starts `command`, in a separate folder that is deleted with it.
    ///
    /// # Errors
    /// When `command` cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let log = File::create(folder.path().join("log"))?;
        let child = command
            .current_dir(folder.path())
            // A process group, to stop child processes too, such as a driver's browser.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{name} could not be started: {error}"))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            folder,
        })
    }

    /// Returns the path of a file in the program's folder.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Returns the program's output.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Waits until `url` answers with a status of success.
    ///
    /// # Errors
    /// When the program ends first, or after a minute; with the end of its log.
    pub async fn answers(&mut self, url: &str) -> Result<()> {
        let client = reqwest::Client::new();
        let deadline = Instant::now() + START;
        let mut ticks = interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            let answer = client.get(url).timeout(START).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let how = ended.map_or_else(|| "does not answer".to_owned(), |how| how.to_string());
                return Err(format!("{}: {how}\n{}", self.name, tail(&self.log(), 30)).into());
            }
        }
    }
}

impl Running {
    /// Interrupts the program, as Ctrl-C does, and waits until it has ended.
    ///
    /// # Errors
    /// When the program fails, or does not end within 30 seconds.
    pub async fn interrupt(&mut self) -> Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status()?;
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut ticks = interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => {
                    return Err(format!("{}: {status}\n{}", self.name, self.log()).into());
                }
                None if Instant::now() > deadline => {
                    return Err(format!("{} does not end", self.name).into());
                }
                None => {}
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The program may have ended by itself, so the result is ignored.
        let group = format!("-{}", self.child.id());
        drop(Command::new("kill").args(["-KILL", "--", &group]).status());
        drop(self.child.wait());
    }
}

/// Returns an unused port, never the same one twice in this process.
///
/// # Errors
/// When all ports are in use.
pub fn free_port() -> Result<u16> {
    // Below the ports of outgoing connections, any of which may be in use when a program starts to listen.
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..COUNT {
        let offset = (process::id()
            .wrapping_mul(97)
            .wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)))
            % COUNT;
        let port = u16::try_from(FIRST + offset)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no port is free".into())
}

/// Repeats `question` until it gives an answer, for the asynchronous work of other programs.
///
/// # Errors
/// After 30 seconds, with the last error.
pub async fn eventually<T, F>(what: &str, mut question: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut ticks = interval(Duration::from_millis(100));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let answer = timeout_at(deadline, question()).await;
        match answer.unwrap_or_else(|_| Err("no answer".into())) {
            Ok(answer) => return Ok(answer),
            Err(error) if Instant::now() >= deadline => {
                return Err(format!("{what}: not within 30 s; last: {error}").into());
            }
            Err(_) => {}
        }
    }
}

/// Returns the JSON at `url`.
///
/// # Errors
/// When there is no JSON at `url`.
pub async fn get_json(url: &str) -> Result<Value> {
    let answer = reqwest::get(url).await?.error_for_status()?;
    Ok(answer.json().await?)
}
