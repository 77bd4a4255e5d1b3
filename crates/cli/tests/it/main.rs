//! The binary, as a user runs it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

mod demo;
mod doctor;
mod query;
mod refusal;
mod sync;
mod upstream;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

/// Runs `spanloom` without the variables of this environment that could influence it.
fn spanloom(arguments: &[&str]) -> Output {
    spanloom_with(&[], arguments)
}

/// Does the same with these variables.
fn spanloom_with(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spanloom"));
    for name in [
        "OPENAI_API_KEY",
        "WANDB_API_KEY",
        "WF_TRACE_SERVER_URL",
        "SPANLOOM_DB",
        "SPANLOOM_URL",
        "SPANLOOM_LISTEN",
        "RUST_LOG",
        "SPANLOOM_SPOOL_DIR",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ] {
        command.env_remove(name);
    }
    let command = command.envs(variables.iter().copied());
    command.args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A server in a separate process, on an address that it chooses itself; it is killed when this is dropped.
struct Serving {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Serving {
    fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn serving() -> Serving {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_spanloom"))
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--otlp-http",
            "off",
            "--otlp-grpc",
            "off",
            "--db",
        ])
        .arg(folder.path().join("a.db"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
    let first = said.next().unwrap().unwrap();
    let url = first.split_whitespace().last().unwrap().to_owned();
    // Keeps reading, so that the server never waits for a reader.
    std::thread::spawn(move || said.for_each(drop));
    Serving {
        process,
        url,
        _folder: folder,
    }
}
