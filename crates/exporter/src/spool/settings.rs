//! Where a spool is, when it is written, and how large it may become.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::folder::make;
use super::segment::private;

/// When records are written to disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpoolMode {
    /// When memory is half full or the destination is away, and at shutdown for records that could not be sent.
    /// Default.
    #[default]
    OnTrouble,
    /// Immediately, before they are sent: a call that ended 50 ms ago survives `kill -9`, while the disk and the
    /// recorder keep up.
    Always,
}

/// Settings of the spools of an exporter: each destination has its own folder in `folder`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolSettings {
    /// The folder of the spools. Everything in it is for its owner alone (0700, 0600), and so is
    /// the folder, if it is made here; links in it are not followed.
    ///
    /// The folder also holds records that a destination refused for good, in `rejected.jsonl` with the reason (64 MiB
    /// at most; which records of a partly accepted batch were refused is not known), and unreadable segments, in
    /// `damaged` (64 MiB). Both are limited by bytes alone. `spanloom sync --rejected` sends the refused records again.
    pub folder: PathBuf,
    /// When records are written. Default [`SpoolMode::OnTrouble`].
    pub mode: SpoolMode,
    /// Bytes of one destination and process; beyond these, the oldest records are dropped and counted. Default 1 GiB.
    pub bytes: u64,
    /// Records that have waited longer than this are dropped, and counted. Default 7 days.
    ///
    /// The age is time that passes while the process runs, for each file since its last write, and is checked when
    /// records are written. Setting the clock drops nothing. The age of records taken over from a dead process starts
    /// anew, so that a start drops nothing for its age.
    pub age: Duration,
}

impl SpoolSettings {
    /// Returns the default settings for a folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            mode: SpoolMode::default(),
            bytes: 1 << 30,
            age: Duration::from_secs(7 * 24 * 3_600),
        }
    }
}

/// The destination of the records in a folder, without a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    pub(crate) kind: String,
    pub(crate) url: String,
}

impl Description {
    const FILE: &'static str = "destination.json";

    /// Writes the description to the folder, for sending the records later.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        make(folder)?;
        let file = folder.join(Self::FILE);
        match private().write(true).create_new(true).open(&file) {
            Ok(mut file) => file.write_all(serde_json::to_string(self)?.as_bytes()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(folder.join(Self::FILE))?)?)
    }
}
