//! One process owns a database: uniqueness lives in its memory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind};

/// Tries to lock it; one that ends meanwhile removes it.
const TRIES: usize = 8;

/// Holds the lock file for as long as the store is open, and removes it then.
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
                // An owner that ended in this moment has removed it.
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
        // While it is locked: nobody who has locked it meanwhile can lose it.
        if is_at(&self.file, &self.path) {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// Whether an open file is the one at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let known =
        |metadata: io::Result<std::fs::Metadata>| metadata.map(|it| (it.dev(), it.ino())).ok();
    let held = known(file.metadata());
    held.is_some() && held == known(std::fs::metadata(path))
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
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
