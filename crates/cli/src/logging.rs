//! What the program logs.

use std::io::IsTerminal as _;

use crate::args::Command;

/// Logs to stderr what `RUST_LOG` selects. Default: warnings of the server, and only errors of commands, which print what
/// they find themselves.
pub(crate) fn to_stderr(command: &Command) {
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
