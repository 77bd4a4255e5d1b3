//! `spanloom sync`: sends the records that services have kept on disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use spanloom_core::data_folder;
use spanloom_exporter::{Receipt, SpoolBacklog};

use crate::args::SyncArgs;
use crate::environment;
use crate::error::Error;
use crate::output::{line, note};

/// The time that each check of the account waits.
const LOOK: Duration = Duration::from_millis(500);
/// The number of checks without progress after which a destination is given up.
const PATIENCE: u32 = 10;

/// The outcome of one spool.
#[derive(Debug, Serialize)]
struct Sent {
    kind: String,
    from: String,
    to: String,
    found: u64,
    delivered: u64,
    rejected: u64,
    damaged: u64,
    left: u64,
    /// Records refused now or before, which are kept in a file.
    refused: u64,
    refused_in: PathBuf,
}

pub(crate) fn run(args: &SyncArgs) -> Result<(), Error> {
    let folder = match &args.dir {
        Some(folder) => folder.clone(),
        None => default_folder()?,
    };
    let spools = if folder.exists() {
        SpoolBacklog::find(&folder).map_err(|error| cannot_read(&folder, &error))?
    } else if args.dir.is_some() {
        return Err(Error::usage(format!(
            "there is no folder {}",
            folder.display()
        )));
    } else {
        Vec::new()
    };
    let mut sent = Vec::new();
    for spool in &spools {
        sent.push(send(spool, &folder, args)?);
    }
    if args.json {
        let text =
            serde_json::to_string(&sent).map_err(|error| Error::failed(error.to_string()))?;
        line(text);
    } else {
        summary(&folder, &sent);
    }
    let left: u64 = sent.iter().map(|sent| sent.left).sum();
    match left {
        0 => Ok(()),
        left => Err(Error::failed(format!(
            "{left} records could not be sent and are still in {}; check that the destination is reachable and the key is correct",
            folder.display()
        ))),
    }
}

fn send(spool: &SpoolBacklog, folder: &Path, args: &SyncArgs) -> Result<Sent, Error> {
    if args.rejected {
        spool
            .requeue_rejected()
            .map_err(|error| cannot_read(folder, &error))?;
    }
    let refused = |error: spanloom_exporter::Error| Error::usage(error.to_string());
    let destination = spool.destination(args.to.as_deref()).map_err(refused)?;
    let destination = spanloom::with_env_credentials(destination);
    let to = destination.to_string();
    let exporter = spool
        .send(destination)
        .map_err(|error| Error::failed(error.to_string()))?;
    let bar = bar(args.json, &to);
    let mut receipt = exporter.flush(LOOK);
    let mut idle = 0;
    while left(&receipt) > 0 && idle < PATIENCE {
        bar.set_length(receipt.recovered);
        bar.set_position(receipt.recovered - left(&receipt));
        let before = left(&receipt);
        receipt = exporter.flush(LOOK);
        // For an unreachable destination, the flush returns at once.
        std::thread::park_timeout(LOOK);
        idle = if left(&receipt) < before { 0 } else { idle + 1 };
    }
    let receipt = exporter.shutdown(Duration::from_secs(5));
    bar.finish_and_clear();
    Ok(Sent {
        kind: spool.kind().to_owned(),
        from: spool.address().to_owned(),
        to,
        found: receipt.recovered,
        delivered: receipt.delivered,
        rejected: receipt.rejected,
        damaged: receipt.dropped.corrupt,
        left: left(&receipt),
        refused: spool.rejected(),
        refused_in: spool.rejected_in(),
    })
}

fn left(receipt: &Receipt) -> u64 {
    receipt.spooled + receipt.queued
}

fn bar(quiet: bool, to: &str) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(format!("to {to}"));
    bar
}

fn summary(folder: &Path, sent: &[Sent]) {
    if sent.iter().all(|sent| sent.found == 0) {
        note(format_args!(
            "no records are waiting in {}",
            folder.display()
        ));
    }
    for sent in sent.iter().filter(|sent| sent.found > 0) {
        let mut text = format!(
            "{} of {} records sent to {}",
            sent.delivered, sent.found, sent.to
        );
        for (count, what) in [
            (sent.rejected, "rejected"),
            (sent.damaged, "damaged on disk"),
            (sent.left, "left"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        line(text);
    }
    for sent in sent.iter().filter(|sent| sent.refused > 0) {
        note(format_args!(
            "{} records that {} refused are kept with the reasons in {}; `spanloom sync --rejected` sends them again",
            sent.refused,
            sent.to,
            sent.refused_in.display()
        ));
    }
}

/// Returns the folder where services keep records that they cannot send, unless configured otherwise.
fn default_folder() -> Result<PathBuf, Error> {
    let spool = || Some(data_folder(environment::path)?.join("spool"));
    environment::path("SPANLOOM_SPOOL_DIR")
        .or_else(spool)
        .ok_or_else(|| Error::usage("no data folder, because HOME is not set; name the folder"))
}

fn cannot_read(folder: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot read {}: {error}", folder.display()))
}
