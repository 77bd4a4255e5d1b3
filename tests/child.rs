//! This program again, as a separate process that a test may kill.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

/// The variable that passes a child its arguments.
pub(crate) const TASK: &str = "SPANLOOM_TEST_TASK";

/// Starts the test `name` in a separate process, with these arguments.
pub(crate) fn start(name: &str, told: &[&str]) -> Child {
    command(name, told).spawn().unwrap()
}

/// Returns the command that starts the test `name`, with these arguments.
pub(crate) fn command(name: &str, told: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(TASK, told.join("\n"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// Returns the arguments of this process, if it is such a child.
pub(crate) fn told() -> Option<Vec<String>> {
    let told = std::env::var(TASK).ok()?;
    Some(told.lines().map(str::to_owned).collect())
}

/// Prints a line for the parent, unbuffered.
pub(crate) fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("{line}\n").as_bytes()).unwrap();
    stdout.flush().unwrap();
}
