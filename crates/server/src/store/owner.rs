//! One process owns a database: uniqueness lives in its memory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind};

/// Holds the lock file for as long as the store is open.
#[derive(Debug)]
pub(super) struct Owner {
    _file: File,
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
        let file = options.open(lock(database)).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::Error(error)) => Err(refused(error)),
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "the database {} is in use by another spanloom; stop it, or give another file with --db",
                    database.display()
                );
                Err(Error::new(ErrorKind::Database, message))
            }
        }
    }
}

/// The lock's file, beside the database itself: a link to a database is that database.
fn lock(database: &Path) -> PathBuf {
    let path = database
        .canonicalize()
        .unwrap_or_else(|_| database.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push("-lock");
    path.with_file_name(name)
}
