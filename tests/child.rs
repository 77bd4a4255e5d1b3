//! This program again, as a process of its own that a test may kill.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

/// The variable that tells a child what it is to do.
pub(crate) const TASK: &str = "SPANLOOM_TEST_TASK";

/// Starts the test `name` in a process of its own, with what it is told.
pub(crate) fn start(name: &str, told: &[&str]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(TASK, told.join("\n"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What this process was told, if it is such a child.
pub(crate) fn told() -> Option<Vec<String>> {
    let told = std::env::var(TASK).ok()?;
    Some(told.lines().map(str::to_owned).collect())
}

/// Tells the parent; no buffer stands between.
pub(crate) fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("{line}\n").as_bytes()).unwrap();
    stdout.flush().unwrap();
}
