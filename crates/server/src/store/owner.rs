//! One process owns a database: uniqueness lives in its memory.

use std::fs::{File, OpenOptions};
use std::path::Path;

use crate::error::{Error, ErrorKind};

/// Holds the lock file for as long as the store is open.
#[derive(Debug)]
pub(super) struct Owner {
    _file: File,
}

impl Owner {
    pub(super) fn of(database: &Path) -> Result<Self, Error> {
        let mut name = database.file_name().unwrap_or_default().to_owned();
        name.push("-lock");
        let path = database.with_file_name(name);
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| {
            let message = format!(
                "cannot open the database {}: {error}; give another file with --db",
                database.display()
            );
            Error::new(ErrorKind::Database, message).with_source(error)
        })?;
        file.try_lock().map_err(|_| {
            let message = format!(
                "the database {} is in use by another spanloom; stop it, or give another file with --db",
                database.display()
            );
            Error::new(ErrorKind::Database, message)
        })?;
        Ok(Self { _file: file })
    }
}
