//! DuckDB, which reads the files that the server exports (PyPI).

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Result;
use super::cache::Installed;
use super::python::environment;

/// The version of `duckdb`.
pub const VERSION: &str = "2.0.1";

/// Prints the rows of a question as JSON.
const SCRIPT: &str = "import duckdb, json, sys
rows = duckdb.connect().execute(sys.argv[1]).fetchall()
print(json.dumps(rows, default=str))";

/// Installs DuckDB.
///
/// # Errors
/// When pip fails.
pub fn install() -> Result<Installed> {
    // Times with a zone need it.
    let packages = [&format!("duckdb=={VERSION}"), "pytz"];
    environment("duckdb", VERSION, &packages, true)
}

/// Returns the rows that DuckDB finds; `FILE` in the question is the file.
///
/// # Errors
/// When it is not installed, or DuckDB cannot answer.
pub fn ask(question: &str, file: &Path) -> Result<Vec<Vec<Value>>> {
    let file = format!("'{}'", file.display());
    let output = Command::new(install()?.path("bin/python"))
        .args(["-c", SCRIPT, &question.replace("FILE", &file)])
        .output()?;
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout)?),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// Checks that DuckDB answers.
///
/// # Errors
/// When it does not.
pub fn answers() -> Result<()> {
    match ask("SELECT 40 + 2", Path::new(""))?.as_slice() {
        [row] if row == &[Value::from(42)] => Ok(()),
        other => Err(format!("DuckDB answered {other:?}").into()),
    }
}
