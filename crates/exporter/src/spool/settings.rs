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
    /// When memory is half full, when the destination is away, and at shutdown what could not be sent. Default.
    #[default]
    OnTrouble,
    /// At once, before they are sent: a call that ended 50 ms ago survives `kill -9`, while
    /// disk and recorder keep up.
    Always,
}

/// Settings of the spools of an exporter: each destination has its own folder in `folder`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolSettings {
    /// Where spools are. It and what is made in it is for its owner alone (0700, 0600).
    ///
    /// Beside what waits there stands what a destination refused for good, in `rejected.jsonl` with the reason (64 MiB at
    /// most; of a batch that was taken in part, it is not known which), and what cannot be read any more, in `damaged`
    /// (64 MiB). Both are bounded by their bytes alone. `spanloom sync --rejected` sends what was refused again.
    pub folder: PathBuf,
    /// When records are written. Default [`SpoolMode::OnTrouble`].
    pub mode: SpoolMode,
    /// Bytes of one destination and process; beyond them the oldest records are dropped, and counted. Default 1 GiB.
    pub bytes: u64,
    /// Records that have waited longer than this are dropped, and counted. Default 7 days.
    ///
    /// It is time that passes while the process runs, for each file since it was last written to, and looked at when records
    /// are written. A clock that is set drops nothing. What is taken over from a process that is gone starts its age anew, so
    /// that a start drops nothing for its age.
    pub age: Duration,
}

impl SpoolSettings {
    /// The defaults, in a folder.
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

/// Where the records of a destination's folder go; no key is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    pub(crate) kind: String,
    pub(crate) url: String,
}

impl Description {
    const FILE: &'static str = "destination.json";

    /// Leaves it in the folder, for whoever sends the records later.
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
