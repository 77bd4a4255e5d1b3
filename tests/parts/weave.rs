//! W&B's own Python code, from PyPI: the newest client, the request models of its server, and its OTLP mapping. Nothing
//! of it ever asks W&B's hosted service: each is told where our server is, or asked about data alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Result;
use super::cache::{self, Installed};
use super::python::{environment, packages};

/// Of the client that reads and writes.
pub const CLIENT: &str = "0.54.0";
/// The last that carries the server's request models.
pub const MODELS: &str = "0.53.13";
/// The last that carries the mapping from OTLP to calls.
pub const MAPPER: &str = "0.52.43";

/// ClickHouse's engine as a Python package, for the queries W&B's server makes: PyPI `chdb-core`.
pub const ENGINE: &str = "26.9.0";

/// Any 40 characters: our server takes every key.
const KEY: &str = "0123456789012345678901234567890123456789";

/// Installs one of the versions.
///
/// # Errors
/// When pip cannot.
pub fn install(version: &str) -> Result<Installed> {
    environment("weave", version, &[&format!("weave=={version}")])
}

/// Installs the engine, and what W&B's queries are written with. Without what the engine only needs for data frames.
///
/// # Errors
/// When pip cannot.
pub fn engine() -> Result<Installed> {
    let engine = format!("chdb-core=={ENGINE}");
    environment("chdb", ENGINE, &["--no-deps", &engine, "sqlparse==0.6.1"])
}

/// Fails unless the engine answers.
///
/// # Errors
/// When it does not.
pub fn engine_answers() -> Result<()> {
    let mut python = Command::new(engine()?.path("bin/python"));
    cache::run(python.args([
        "-c",
        "import chdb; assert '2' in str(chdb.query('SELECT 1 + 1'))",
    ]))
}

/// Fails unless a version is there and is what it should be.
///
/// # Errors
/// When it cannot be imported, or is another.
pub fn answers(version: &str) -> Result<()> {
    let is = format!("import sys, weave; sys.exit(weave.__version__ != '{version}')");
    let mut python = Command::new(install(version)?.path("bin/python"));
    cache::run(
        python
            .args(["-c", &is])
            .env("WANDB_ERROR_REPORTING", "false"),
    )
}

/// Runs `tests/parts/weave/{script}` with the given version, gives it `input`, and reads the JSON lines it prints.
///
/// # Errors
/// When it fails, with its last words.
pub fn run(
    version: &str,
    script: &str,
    arguments: &[&str],
    server: &str,
    input: &[u8],
) -> Result<Vec<Value>> {
    run_beside(None, version, script, arguments, server, input)
}

/// What calls cost by the server's own query; see `costs.py`.
///
/// # Errors
/// When it fails, with its last words.
pub fn costs(calls: &[u8]) -> Result<Vec<Value>> {
    let engine = packages(&engine()?)?;
    run_beside(
        Some(&engine),
        MAPPER,
        "costs.py",
        &[],
        "http://127.0.0.1:9",
        calls,
    )
}

/// With more packages beside the version's own.
fn run_beside(
    packages: Option<&Path>,
    version: &str,
    script: &str,
    arguments: &[&str],
    server: &str,
    input: &[u8],
) -> Result<Vec<Value>> {
    let environment = install(version)?;
    let folder = tempfile::tempdir()?;
    // W&B's client waits 300 s for what a server does not take.
    let mut child = Command::new("timeout")
        .arg("120")
        .arg(environment.path("bin/python"))
        .arg(path(script))
        .args(arguments)
        .envs(packages.map(|packages| ("PYTHONPATH", packages)))
        // The client leaves files where it runs.
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("TMPDIR", folder.path())
        .env("WANDB_API_KEY", KEY)
        .env("WANDB_BASE_URL", server)
        .env("WF_TRACE_SERVER_URL", server)
        .env("WEAVE_DISABLE_SENTRY", "true")
        .env("WANDB_ERROR_REPORTING", "false")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or("no stdin")?;
    let input = input.to_vec();
    // On a thread of its own: the script may write before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output()?;
    drop(writer.join());
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{script} ended with {}:\n{said}", output.status).into());
    }
    String::from_utf8(output.stdout)?
        .lines()
        .filter(|line| line.starts_with(['{', '[']))
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}

fn path(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("parts/weave")
        .join(script)
}
