//! This program again, as a process with a separate environment that sends one call.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use spanloom_exporter::{Exporter, SpoolSettings};
use tracing_subscriber::filter::LevelFilter;

use crate::setup::{PATIENCE, call};
use crate::upstream::Spoken;

/// The variable that names a child's task.
const TASK: &str = "SPANLOOM_TEST_TASK";

/// Variables that could make a child behave differently than its test expects.
const CLEARED: [&str; 11] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "REQUEST_METHOD",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// The task of a child.
pub(crate) struct Task<'a> {
    pub(crate) spoken: Spoken,
    pub(crate) url: &'a str,
    /// PEM text of an authority; empty for none.
    pub(crate) authority: &'a str,
    pub(crate) timeout: Duration,
}

/// The result of the task.
pub(crate) struct ChildOutput {
    /// The receipt in one line, such as `1 delivered`.
    pub(crate) receipt: String,
    /// Everything that the child wrote: its log at the finest level, including that of its libraries, and its spool.
    pub(crate) all: String,
}

impl Task<'_> {
    /// Runs a child in this environment.
    pub(crate) fn run(&self, environment: &[(&str, &str)]) -> ChildOutput {
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("authority.pem");
        std::fs::write(&authority, self.authority).unwrap();
        let spool = folder.path().join("spool");
        let told = [
            &format!("{:?}", self.spoken),
            self.url,
            &self.timeout.as_millis().to_string(),
            authority.to_str().unwrap(),
            spool.to_str().unwrap(),
        ];
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "child::sends_one_call", "--nocapture"]);
        for name in CLEARED {
            child.env_remove(name);
        }
        let output = child
            .env(TASK, told.join("\n"))
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let mut all = String::from_utf8_lossy(&output.stdout).into_owned();
        all += &String::from_utf8_lossy(&output.stderr);
        let line = all.lines().find_map(|line| line.strip_prefix("receipt: "));
        assert!(line.is_some(), "no receipt in:\n{all}");
        let receipt = line.unwrap().to_owned();
        written(&spool, &mut all);
        ChildOutput { receipt, all }
    }
}

/// Appends the content of the files in a folder.
fn written(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            written(&path, all);
        } else {
            *all += &String::from_utf8_lossy(&std::fs::read(&path).unwrap());
        }
    }
}

/// Not a test: the child's task.
#[test]
fn sends_one_call() {
    let Ok(told) = std::env::var(TASK) else {
        return;
    };
    let told: Vec<&str> = told.split('\n').collect();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(std::io::stdout)
        .init();
    let spoken = Spoken::ALL
        .into_iter()
        .find(|it| format!("{it:?}") == told[0]);
    let mut destination = spoken
        .unwrap()
        .to(told[1])
        .with_timeout(Duration::from_millis(told[2].parse().unwrap()));
    let authority = std::fs::read(told[3]).unwrap();
    if !authority.is_empty() {
        destination = destination.with_root_certificates(&authority).unwrap();
    }
    println!("{destination:?} {destination}");
    let exporter = Exporter::builder("acme/chatbot/logs".parse().unwrap())
        .with_destination(destination)
        .with_spool(SpoolSettings::new(told[4]))
        .start()
        .unwrap();
    call(&exporter);
    let receipt = exporter.flush(PATIENCE);
    println!("{exporter:?} {receipt:?}");
    println!("\nreceipt: {}", receipt.total);
}
