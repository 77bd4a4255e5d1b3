//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::limit;
use crate::query::args::{Address, Query};

/// Monitor LLM calls: a W&B-compatible server with a board, for services that use spanloom, W&B's own clients or
/// OpenTelemetry.
#[derive(Debug, Parser)]
#[command(name = "spanloom", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: board, Weave API and OTLP ingest on this machine
    #[command(
        after_help = "Examples:\n  spanloom serve --db monitoring.db\n  spanloom serve --max-size 5GiB --max-age 30d\n\nOnce the server has \
        stopped, the database is a single file. `spanloom backup` copies it while the server runs."
    )]
    Serve(ServeArgs),
    /// Copy the database to a new file, also while the server runs
    #[command(after_help = "Example:\n  spanloom backup --db monitoring.db copy.db")]
    Backup(BackupArgs),
    /// Record real OpenAI client calls and show them on the board
    ///
    /// Starts the server and a local OpenAI-compatible model server, runs the examples of OpenAI's cookbook page on
    /// monitoring with the real client, prints what was recorded, and keeps serving the board. The answers of the local
    /// model server are made up; with --upstream, another server answers.
    #[command(
        after_help = "Examples:\n  spanloom demo\n  spanloom demo --once --db demo.db\n  \
        OPENAI_API_KEY=... spanloom demo --upstream https://api.openai.com/v1"
    )]
    Demo(DemoArgs),
    /// Send records that services kept on disk while their destination was unreachable
    ///
    /// A service sends these records at its next start. This command sends them now, to their destination or to another
    /// address. Records that a running service is still writing are left to that service.
    #[command(
        after_help = "Examples:\n  spanloom sync\n  spanloom sync --to http://127.0.0.1:7440"
    )]
    Sync(SyncArgs),
    /// Check that records arrive where this environment sends them
    ///
    /// Checks the configuration, the network, the clock and the key, sends one made-up call, reads it back where that is
    /// possible, and reports field by field what arrived.
    #[command(
        after_help = "Examples:\n  spanloom doctor\n  spanloom doctor --to http://127.0.0.1:7440 --json"
    )]
    Doctor(DoctorArgs),
    /// Serve calls and traces to coding agents, as tools of the Model Context Protocol over stdin and stdout
    #[command(
        after_help = "Example, for agents that read .mcp.json:\n  {\"mcpServers\": {\"spanloom\": {\"command\": \"spanloom\", \"args\": [\"mcp\"]}}}"
    )]
    Mcp(McpArgs),
    #[command(flatten)]
    Query(Query),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct McpArgs {
    #[command(flatten)]
    pub(crate) address: Address,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct SyncArgs {
    /// Folder of the spools [default: SPANLOOM_SPOOL_DIR, else spanloom/spool in the user's data folder]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Send to this address instead of the records' own destinations
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
    /// Also resend records that a destination has refused
    #[arg(long)]
    pub(crate) rejected: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct DoctorArgs {
    /// Check this spanloom server, or W&B's, instead of the one the environment names
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
    /// Check the OTLP collector at this base address instead of the one the environment names
    #[arg(long, value_name = "URL")]
    pub(crate) collector: Option<String>,
    /// Read the call back from the Jaeger UI at this address
    #[arg(long, value_name = "URL")]
    pub(crate) jaeger: Option<String>,
    /// Also send a call to the server's door for agents, and check what W&B's Agent Lens asks of a trace
    #[arg(long)]
    pub(crate) agents: bool,
    /// Stream to record the made-up call in
    #[arg(
        long,
        value_name = "ENTITY/PROJECT/STREAM",
        default_value = "local/doctor/check"
    )]
    pub(crate) stream: String,
    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ServeArgs {
    /// Address of the board and of all APIs
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:7440",
        env = "SPANLOOM_LISTEN",
        value_parser = address
    )]
    pub(crate) listen: SocketAddr,
    /// Address of OTLP over HTTP for clients with default settings, or `off`
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4318", value_parser = address_or_off)]
    pub(crate) otlp_http: Off<SocketAddr>,
    /// Address of OTLP over gRPC for clients with default settings, or `off`; the board's address serves it too
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4317", value_parser = address_or_off)]
    pub(crate) otlp_grpc: Off<SocketAddr>,
    /// Database file; created if missing [default: spanloom/spanloom.db in the user's data folder]
    #[arg(long, value_name = "FILE", env = "SPANLOOM_DB")]
    pub(crate) db: Option<PathBuf>,
    /// Size of the database at which the oldest calls are removed, such as 500MB or 1TiB, or `off`
    #[arg(long, value_name = "SIZE", default_value = "20GiB", env = "SPANLOOM_MAX_SIZE", value_parser = limit::size)]
    pub(crate) max_size: Off<u64>,
    /// Age at which calls are removed, such as 30d, 12h or 45m, or `off`
    #[arg(long, value_name = "AGE", default_value = "off", env = "SPANLOOM_MAX_AGE", value_parser = limit::age)]
    pub(crate) max_age: Off<Duration>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct BackupArgs {
    /// File to copy to; it must not exist
    #[arg(value_name = "FILE")]
    pub(crate) to: PathBuf,
    /// Database to copy [default: spanloom/spanloom.db in the user's data folder]
    #[arg(long, value_name = "FILE", env = "SPANLOOM_DB")]
    pub(crate) db: Option<PathBuf>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct DemoArgs {
    /// Also record three made-up days of an assistant: agents, tools, conversations, an experiment, two deploys
    #[arg(long)]
    pub(crate) tour: bool,
    /// Exit after the summary instead of continuing to serve
    #[arg(long)]
    pub(crate) once: bool,
    /// Open the board in the browser
    #[arg(long)]
    pub(crate) open: bool,
    /// Database file to record into [default: a temporary one]
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// Address of the board [default: 127.0.0.1:7440, or any free port when that is taken]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub(crate) listen: Option<SocketAddr>,
    /// Stream to record into
    #[arg(
        long,
        value_name = "ENTITY/PROJECT/STREAM",
        default_value = "demo/cookbook/openai_logs"
    )]
    pub(crate) stream: String,
    /// API base URL of the model server, such as https://api.openai.com/v1; needs OPENAI_API_KEY
    #[arg(long, value_name = "URL")]
    pub(crate) upstream: Option<String>,
    /// Model to call
    #[arg(long, value_name = "NAME", default_value = "gpt-4o-mini")]
    pub(crate) model: String,
}

/// A value that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Off<T> {
    On(T),
    Off,
}

impl<T> Off<T> {
    pub(crate) fn into_option(self) -> Option<T> {
        match self {
            Self::On(value) => Some(value),
            Self::Off => None,
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let expected = |_| "expected an address such as 127.0.0.1:7440".to_owned();
    text.parse().map_err(expected)
}

fn address_or_off(text: &str) -> Result<Off<SocketAddr>, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(Off::Off);
    }
    text.parse()
        .map(Off::On)
        .map_err(|_| "expected an address such as 127.0.0.1:4318, or off".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_listener_can_be_switched_off() {
        assert_eq!(address_or_off("off"), Ok(Off::Off));
        assert_eq!(
            address_or_off("127.0.0.1:1")
                .unwrap()
                .into_option()
                .unwrap()
                .port(),
            1
        );
        assert!(address_or_off("4318").is_err());
    }
}
