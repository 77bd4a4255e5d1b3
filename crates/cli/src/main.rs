//! The `spanloom` binary. See `spanloom --help`.

mod allocator;
mod args;
mod backup;
mod demo;
mod doctor;
mod environment;
mod error;
mod limit;
mod logging;
mod mcp;
mod output;
mod query;
mod serve;
mod sync;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser as _;
use error::Error;

fn main() -> ExitCode {
    // clap exits with 0 for `--help` and 2 for wrong usage, with its own messages.
    let args = Args::parse();
    logging::to_stderr(&args.command);
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
        Command::Mcp(args) => runtime.block_on(mcp::run(&args)),
        Command::Query(query) => runtime.block_on(query::run(query)),
    };
    // Tasks that are still running must not delay the exit.
    runtime.shutdown_background();
    result
}
