//! The arguments of questions.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::args::Off;
use crate::limit;

#[derive(Debug, Subcommand)]
pub(crate) enum Query {
    /// List the streams of a server, with their calls, errors, cost and latency
    Streams(StreamsArgs),
    /// List calls of a stream, the newest first
    #[command(
        after_help = "Examples:\n  spanloom calls acme/chatbot/openai_logs\n  \
        spanloom calls acme/chatbot/openai_logs --search 'model:gpt* latency:>2 -user:u-7 umbrella' --since 1d"
    )]
    Calls(CallsArgs),
    /// Group calls of a stream by a property, such as model, user or attr:team
    #[command(
        after_help = "Examples:\n  spanloom groups acme/chatbot/openai_logs --by model --sort -cost_usd\n  \
        spanloom groups acme/chatbot/openai_logs --by attr:params.audience --by model"
    )]
    Groups(GroupsArgs),
    /// Show one call: its numbers, its messages and its attributes
    Call(OneArgs),
    /// Show one trace as a tree, with the sums below each span
    Trace(OneArgs),
    /// Print calls as they end, until Ctrl-C
    ///
    /// Once a second the newest 500 calls of the last ten minutes are looked through: of more calls than that, some are left out.
    Tail(TailArgs),
    /// Write calls with their content to a file, or to stdout
    #[command(
        after_help = "Examples:\n  spanloom export acme/chatbot/openai_logs --output calls.jsonl\n  \
        spanloom export acme/chatbot/openai_logs --format csv --since 7d --output calls.csv"
    )]
    Export(ExportArgs),
}

/// The server that is asked.
#[derive(Args, Clone, Debug)]
pub(crate) struct Address {
    /// Server to ask
    #[arg(
        long = "server",
        value_name = "URL",
        env = "SPANLOOM_URL",
        default_value = "http://127.0.0.1:7440"
    )]
    pub(crate) url: String,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ServerArgs {
    #[command(flatten)]
    pub(crate) address: Address,
    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which calls of a stream are asked for.
#[derive(Args, Clone, Debug)]
pub(crate) struct SelectionArgs {
    /// Stream to read
    #[arg(value_name = "ENTITY/PROJECT/STREAM")]
    pub(crate) stream: String,
    /// Search, as on the board: model:gpt* -user:u-7 latency:>2 "an umbrella"
    #[arg(long, short = 'q', value_name = "SEARCH", default_value = "")]
    pub(crate) search: String,
    /// Only calls that began in this time, such as 30m, 12h or 7d
    #[arg(long, value_name = "TIME", default_value = "off", hide_default_value = true, value_parser = limit::age)]
    pub(crate) since: Off<Duration>,
}

#[derive(Args, Debug)]
pub(crate) struct StreamsArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Args, Debug)]
pub(crate) struct CallsArgs {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Order: started_at, latency_ms, cost_usd, input_tokens, output_tokens, total_tokens, model or status; - for descending
    #[arg(
        long,
        value_name = "COLUMN",
        default_value = "-started_at",
        allow_hyphen_values = true
    )]
    pub(crate) sort: String,
    /// The most calls to list
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) limit: u32,
    /// Calls to leave out before the first
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub(crate) offset: u64,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Args, Debug)]
pub(crate) struct GroupsArgs {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Property to group by, once or twice: model, op, provider, status, outcome, user, thread, name or attr:PATH
    #[arg(long, value_name = "PROPERTY", default_value = "model", num_args = 1)]
    pub(crate) by: Vec<String>,
    /// Order: calls, errors, cost_usd, p95_ms and others; - for descending
    #[arg(
        long,
        value_name = "MEASURE",
        default_value = "-calls",
        allow_hyphen_values = true
    )]
    pub(crate) sort: String,
    /// The most groups to list
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Args, Debug)]
pub(crate) struct OneArgs {
    /// Project of the call or trace
    #[arg(value_name = "ENTITY/PROJECT")]
    pub(crate) project: String,
    /// Id of the call or trace
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Args, Debug)]
pub(crate) struct TailArgs {
    /// Stream to follow
    #[arg(value_name = "ENTITY/PROJECT/STREAM")]
    pub(crate) stream: String,
    /// Search, as on the board
    #[arg(long, short = 'q', value_name = "SEARCH", default_value = "")]
    pub(crate) search: String,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Form of the file
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub(crate) format: Format,
    /// File to write; it must not exist [default: stdout]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) address: Address,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// One call a line, with its content
    Jsonl,
    /// A table of the numbers and previews; texts that a spreadsheet would take for formulas begin with an apostrophe
    Csv,
    /// A table for DuckDB, pandas or polars: numbers and times as such, with the content as JSON texts
    Parquet,
}

impl Format {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}
