//! `spanloom export`.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::ExportArgs;
use super::client::{Server, selection};
use crate::error::Error;
use crate::output::note;

pub(super) async fn run(args: &ExportArgs) -> Result<(), Error> {
    // Content could steer a terminal.
    if args.output.is_none() && io::stdout().is_terminal() {
        return Err(Error::usage(
            "name a file with --output, or pipe the calls to a program",
        ));
    }
    let server = Server::at(&args.address.url)?;
    let mut parameters = selection(&args.selection)?;
    parameters.push(("format", args.format.as_str().to_owned()));
    // Asked before the file is made: a mistake leaves no empty file.
    let mut answer = server.stream(&["api", "export"], &parameters).await?;
    let total = answer.headers().get("x-total-count");
    let total: Option<u64> = total.and_then(|total| total.to_str().ok()?.parse().ok());
    let mut output: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(BufWriter::new(new_file(path)?)),
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let bar = bar(args.output.is_some());
    let mut bytes = 0;
    loop {
        let chunk = answer.chunk().await.map_err(|error| {
            let error = server.unreadable(&error);
            Error::failed(format!("{error}; the file is not complete"))
        })?;
        let Some(chunk) = chunk else { break };
        match output.write_all(&chunk) {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|error| Error::failed(format!("cannot write: {error}")))?,
        }
        bytes += chunk.len() as u64;
        bar.set_position(bytes);
    }
    output
        .flush()
        .map_err(|error| Error::failed(format!("cannot write: {error}")))?;
    bar.finish_and_clear();
    if let (Some(path), Some(total)) = (&args.output, total) {
        note(format_args!("{total} calls in {}", path.display()));
    }
    Ok(())
}

fn new_file(path: &Path) -> Result<File, Error> {
    File::create_new(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Error::usage(format!("{} exists", path.display())),
        _ => Error::failed(format!("cannot create {}: {error}", path.display())),
    })
}

fn bar(is_file: bool) -> ProgressBar {
    if !(is_file && io::stderr().is_terminal()) {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {bytes} ({bytes_per_sec})");
    let bar = ProgressBar::new_spinner();
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
