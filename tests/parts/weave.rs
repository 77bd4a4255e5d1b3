//! W&B's own Python code, from PyPI: the newest client, the request models of its server, and its OTLP mapping. None of
//! it ever contacts W&B's hosted service: it either uses our server or only processes data.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Result;
use super::cache::{self, Installed, part};
use super::python::{environment, packages};

/// The version of the client that reads and writes.
pub const CLIENT: &str = "0.54.0";
/// The last version with the server's request models.
pub const MODELS: &str = "0.53.13";
/// The last version with the mapping from OTLP to calls.
pub const MAPPER: &str = "0.52.43";
/// The version of the oldest client that records here.
pub const OLDEST: &str = "0.51.59";
/// The versions of the clients that record.
pub const RECORDERS: [&str; 4] = [CLIENT, MODELS, MAPPER, OLDEST];
/// The OpenAI client whose calls W&B's clients record.
const OPENAI: &str = "openai==2.54.0";

/// For the client's data frames; one version of the client has them.
const PANDAS: &str = "pandas==3.1.1";

/// The version of the TypeScript client, npm's `weave`.
pub const TYPESCRIPT: &str = "0.11.1";

/// The version of CoreWeave's SDK for conversations, PyPI's `coreweave`.
pub const FORGE: &str = "0.1.0b0";

/// ClickHouse's engine as a Python package, for the queries of W&B's server: PyPI's `chdb-core`.
pub const ENGINE: &str = "26.9.0";

/// Any 40 characters: our server accepts every key.
const KEY: &str = "0123456789012345678901234567890123456789";

/// Installs one of the versions.
///
/// # Errors
/// When pip fails.
pub fn install(version: &str) -> Result<Installed> {
    let weave = format!("weave=={version}");
    let mut packages = vec![weave.as_str(), OPENAI];
    if version == CLIENT {
        packages.push(PANDAS);
    }
    if version == OLDEST {
        // Versions older than those of the other environments.
        packages.extend(["gql==3.5.3", "graphql-core==3.2.6", "wandb==0.31.0"]);
    }
    environment("weave", version, &packages, true)
}

/// Installs CoreWeave's SDK.
///
/// # Errors
/// When pip fails.
pub fn install_forge() -> Result<Installed> {
    let package = format!("coreweave=={FORGE}");
    environment("coreweave", FORGE, &[&package], true)
}

/// Fails unless CoreWeave's SDK can be loaded.
///
/// # Errors
/// When the package cannot be imported.
pub fn forge_answers() -> Result<()> {
    let mut python = Command::new(install_forge()?.path("bin/python"));
    cache::run(python.args(["-c", "from coreweave.forge.agentlens import tracing"]))
}

/// Runs `tests/parts/weave/forge.py` with CoreWeave's SDK, and reads the JSON line it prints.
///
/// # Errors
/// When the script fails, with the end of its output.
pub fn run_forge(project: &str, server: &str) -> Result<Vec<Value>> {
    let mut python = Command::new("timeout");
    python
        .arg("60")
        .arg(install_forge()?.path("bin/python"))
        .arg(path("forge.py"))
        .arg(project);
    output(&mut python, "forge.py", server, b"")
}

/// Installs the TypeScript client.
///
/// # Errors
/// When npm fails.
pub fn install_typescript() -> Result<Installed> {
    let package = format!("weave@{TYPESCRIPT}");
    part("weave-typescript", TYPESCRIPT, &package, |folder| {
        cache::npm(folder, &[&package])
    })
}

/// Fails unless the TypeScript client can be loaded.
///
/// # Errors
/// When the client cannot be loaded.
pub fn typescript_answers() -> Result<()> {
    let mut node = Command::new("node");
    node.args([
        "-e",
        "if (typeof require('weave').init !== 'function') process.exit(1)",
    ])
    .env("NODE_PATH", install_typescript()?.path("node_modules"));
    cache::run(&mut node)
}

/// Runs `tests/parts/weave/scenario.mjs` with the TypeScript client, and reads the JSON line it prints.
///
/// # Errors
/// When the script fails, with the end of its output.
pub fn run_typescript(project: &str, server: &str) -> Result<Vec<Value>> {
    let mut node = Command::new("timeout");
    node.args(["240", "node"])
        .arg(path("scenario.mjs"))
        .arg(project)
        .env("NODE_PATH", install_typescript()?.path("node_modules"));
    output(&mut node, "scenario.mjs", server, b"")
}

/// Installs the engine and the dependencies of W&B's queries, without those that the engine only needs for data frames.
///
/// # Errors
/// When pip fails.
pub fn engine() -> Result<Installed> {
    let engine = format!("chdb-core=={ENGINE}");
    environment(
        "chdb",
        ENGINE,
        &["--no-deps", &engine, "sqlparse==0.6.1"],
        true,
    )
}

/// Fails unless the engine answers.
///
/// # Errors
/// When the engine does not answer.
pub fn engine_answers() -> Result<()> {
    let mut python = Command::new(engine()?.path("bin/python"));
    cache::run(python.args([
        "-c",
        "import chdb; assert '2' in str(chdb.query('SELECT 1 + 1'))",
    ]))
}

/// Fails unless a version is installed and reports itself correctly.
///
/// # Errors
/// When the package cannot be imported, or is another version.
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
/// When the script fails, with the end of its output.
pub fn run(
    version: &str,
    script: &str,
    arguments: &[&str],
    server: &str,
    input: &[u8],
) -> Result<Vec<Value>> {
    run_beside(None, version, script, arguments, server, input)
}

/// Returns the costs of calls by the server's own query; see `costs.py`.
///
/// # Errors
/// When the script fails, with the end of its output.
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

/// Runs a script with more packages than the version's own.
fn run_beside(
    packages: Option<&Path>,
    version: &str,
    script: &str,
    arguments: &[&str],
    server: &str,
    input: &[u8],
) -> Result<Vec<Value>> {
    let environment = install(version)?;
    // W&B's client waits 300 s for data that a server does not accept. Its scenario takes 100 s, most of them in its pauses.
    let mut python = Command::new("timeout");
    python
        .arg("280")
        .arg(environment.path("bin/python"))
        .arg(path(script))
        .args(arguments)
        .envs(packages.map(|packages| ("PYTHONPATH", packages)));
    output(&mut python, script, server, input)
}

/// Returns the JSON lines printed by a script that runs with W&B's settings for our server.
fn output(command: &mut Command, script: &str, server: &str, input: &[u8]) -> Result<Vec<Value>> {
    let folder = tempfile::tempdir()?;
    let mut child = command
        // The client writes files to its working directory.
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
    // On a separate thread: the script may write before it has read everything.
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
