//! The ownership of a database by one process, whose memory ensures uniqueness.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::file_id::FileId;
use crate::error::{Error, ErrorKind};

/// The number of lock attempts; an ending owner may remove the file meanwhile.
const TRIES: usize = 8;

/// The lock file, held for as long as the store is open and then removed.
#[derive(Debug)]
pub(super) struct Owner {
    file: File,
    path: PathBuf,
}

impl Owner {
    pub(super) fn of(database: &Path) -> Result<Self, Error> {
        let refused = |error: io::Error| {
            let message = format!(
                "cannot open the database {}: {error}; give another file with --db",
                database.display()
            );
            Error::new(ErrorKind::Database, message).with_source(error)
        };
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = lock(database);
        for _ in 0..TRIES {
            let file = options.open(&path).map_err(refused)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => return Ok(Self { file, path }),
                // An owner that just ended has removed the file.
                Ok(()) => {}
                Err(TryLockError::Error(error)) => return Err(refused(error)),
                Err(TryLockError::WouldBlock) => break,
            }
        }
        let message = format!(
            "the database {} is in use by another spanloom; stop it, or give another file with --db",
            database.display()
        );
        Err(Error::new(ErrorKind::Database, message))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // The file is removed while it is locked, so that a new owner cannot lose it.
        if is_at(&self.file, &self.path) {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// Returns whether an open file is the file at a path.
fn is_at(file: &File, path: &Path) -> bool {
    let held = file.metadata().ok().as_ref().map(FileId::of);
    held.is_some() && held == FileId::at(path)
}

/// Returns the path of the lock file, next to the database itself: a link to a database is that database.
fn lock(database: &Path) -> PathBuf {
    let path = database
        .canonicalize()
        .unwrap_or_else(|_| database.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push("-lock");
    path.with_file_name(name)
}
