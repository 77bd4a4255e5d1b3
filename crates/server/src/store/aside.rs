//! A database that cannot be opened is set aside, so that the server starts and takes new calls.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::schema::{self, APPLICATION};
use crate::error::Error;

/// The head of a database: its first bytes, and the place of the number of its program.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const PROGRAM: std::ops::Range<usize> = 68..72;
const HEAD: usize = 100;

/// The number of databases that are set aside next to each other.
const MOST: u32 = 1_000;

/// Returns whether a database that did not open is ours and damaged, and not another program's file.
pub(super) fn is_ours(path: &Path, error: &Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref());
    cause.is_some_and(schema::is_damage) && head(path).is_ok_and(|head| is_head(&head))
}

fn head(path: &Path) -> io::Result<[u8; HEAD]> {
    let mut head = [0; HEAD];
    File::open(path)?.read_exact(&mut head)?;
    Ok(head)
}

/// Returns whether a head is that of one of our databases, or of no file at all: a failing disk leaves one byte everywhere.
fn is_head(head: &[u8; HEAD]) -> bool {
    let is_blank = head.iter().all(|byte| Some(byte) == head.first());
    let is_ours = head.get(PROGRAM) == Some(&APPLICATION.to_be_bytes());
    is_blank || head.starts_with(MAGIC) && is_ours
}

/// Renames a database and its log; returns the new path.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    // A link stays, and leads to the new database.
    let path = &path.canonicalize()?;
    let with = |path: &Path, suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let free = (1..=MOST)
        .map(|number| with(path, &format!(".unreadable-{number}")))
        .find(|to| !to.exists())
        .ok_or_else(|| io::Error::other("too many unreadable databases stand next to it"))?;
    // The log first: a new database must not find the old one's.
    let log = with(path, "-wal");
    if log.exists() {
        fs::rename(log, with(&free, "-wal"))?;
    }
    // SQLite builds it from the log.
    drop(fs::remove_file(with(path, "-shm")));
    fs::rename(path, &free)?;
    Ok(free)
}
