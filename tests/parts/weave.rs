//! W&B's own Python code, from PyPI: the newest client, the request models of its server, and its OTLP mapping. Nothing
//! of it ever asks W&B's hosted service: each is told where our server is, or asked about data alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Result;
use super::cache::{self, Installed, part};
use super::python::{environment, packages};

/// Of the client that reads and writes.
pub const CLIENT: &str = "0.54.0";
/// The last that carries the server's request models.
pub const MODELS: &str = "0.53.13";
/// The last that carries the mapping from OTLP to calls.
pub const MAPPER: &str = "0.52.43";
/// Of the oldest client that records here.
pub const OLDEST: &str = "0.51.59";
/// The clients that record.
pub const RECORDERS: [&str; 4] = [CLIENT, MODELS, MAPPER, OLDEST];
/// Of the TypeScript client, npm's `weave`.
pub const TYPESCRIPT: &str = "0.11.1";

/// ClickHouse's engine as a Python package, for the queries W&B's server makes: PyPI `chdb-core`.
pub const ENGINE: &str = "26.9.0";

/// Any 40 characters: our server takes every key.
const KEY: &str = "0123456789012345678901234567890123456789";

/// Installs one of the versions.
///
/// # Errors
/// When pip cannot.
pub fn install(version: &str) -> Result<Installed> {
    let weave = format!("weave=={version}");
    let mut packages = vec![weave.as_str()];
    if version == OLDEST {
        // Older than the others have.
        packages.extend(["gql==3.5.3", "graphql-core==3.2.6", "wandb==0.31.0"]);
    }
    environment("weave", version, &packages)
}

/// Installs the TypeScript client.
///
/// # Errors
/// When npm cannot.
pub fn install_typescript() -> Result<Installed> {
    let package = format!("weave@{TYPESCRIPT}");
    part("weave-typescript", TYPESCRIPT, &package, |folder| {
        cache::npm(folder, &[&package])
    })
}

/// Fails unless the TypeScript client can be loaded.
///
/// # Errors
/// When it cannot.
pub fn typescript_answers() -> Result<()> {
    let mut node = Command::new("node");
    node.args([
        "-e",
        "if (typeof require('weave').init !== 'function') process.exit(1)",
    ])
    .env("NODE_PATH", install_typescript()?.path("node_modules"));
    cache::run(&mut node)
}

/// Runs `tests/parts/weave/record.mjs` with the TypeScript client, and reads the JSON line it prints.
///
/// # Errors
/// When it fails, with its last words.
pub fn run_typescript(project: &str, server: &str) -> Result<Vec<Value>> {
    let mut node = Command::new("timeout");
    node.args(["60", "node"])
        .arg(path("record.mjs"))
        .arg(project)
        .env("NODE_PATH", install_typescript()?.path("node_modules"));
    output(&mut node, "record.mjs", server, b"")
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
    // W&B's client waits 300 s for what a server does not take.
    let mut python = Command::new("timeout");
    python
        .arg("120")
        .arg(environment.path("bin/python"))
        .arg(path(script))
        .args(arguments)
        .envs(packages.map(|packages| ("PYTHONPATH", packages)));
    output(&mut python, script, server, input)
}

/// The JSON lines a script prints that has W&B's settings, for a server of ours.
fn output(command: &mut Command, script: &str, server: &str, input: &[u8]) -> Result<Vec<Value>> {
    let folder = tempfile::tempdir()?;
    let mut child = command
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
