//! The `spanloom` binary. See `spanloom --help`.

mod allocator;
mod args;
mod backup;
mod demo;
mod doctor;
mod environment;
mod error;
mod limit;
mod output;
mod serve;
mod sync;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser as _;
use error::Error;

fn main() -> ExitCode {
    // clap exits with 0 for `--help` and 2 for wrong usage, with its own messages.
    let args = Args::parse();
    log_to_stderr(&args.command);
    match run(args.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            error.exit_code()
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Error::failed(format!("cannot start the runtime: {error}")))?;
    let result = match command {
        Command::Serve(args) => runtime.block_on(serve::run(args)),
        Command::Backup(args) => backup::run(&args),
        Command::Demo(args) => runtime.block_on(demo::run(args)),
        Command::Sync(args) => sync::run(&args),
        Command::Doctor(args) => runtime.block_on(doctor::run(&args)),
    };
    // Tasks that are still running must not delay the exit.
    runtime.shutdown_background();
    result
}

/// Logs to stderr what `RUST_LOG` selects. Default: warnings of the server, and only errors of commands, which print what
/// they find themselves.
fn log_to_stderr(command: &Command) {
    let default = match command {
        Command::Serve(_) => "warn",
        _ => "error",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let of_terminal = std::io::stderr().is_terminal();
    let is_plain = |name: &str, value: &str| std::env::var(name).is_ok_and(|it| it == value);
    let has_colours =
        of_terminal && !is_plain("TERM", "dumb") && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(has_colours)
        .with_target(false)
        .init();
}
