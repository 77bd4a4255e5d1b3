//! The binary, as a person runs it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

mod demo;
mod refusal;
mod upstream;

use std::process::{Command, Output};

/// Runs `spanloom` with nothing of this machine's environment that could steer it.
fn spanloom(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spanloom"));
    for name in [
        "OPENAI_API_KEY",
        "WANDB_API_KEY",
        "WF_TRACE_SERVER_URL",
        "SPANLOOM_DB",
        "SPANLOOM_LISTEN",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command.args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
