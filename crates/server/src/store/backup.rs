//! A copy of a database, also while a server writes to it.

use std::path::Path;

use rusqlite::Connection;

use super::schema;
use crate::error::{Error, ErrorKind};

/// Copies a database to a new file, also while a server writes to it: the copy is of one moment, without the room that
/// removed calls left. Blocks until the copy is on disk. Takes as much disk as the copy has.
///
/// # Errors
/// If the database does not exist or is another program's, if the new file exists already, or if it cannot be written;
/// then no file is left.
pub fn backup(database: &Path, to: &Path) -> Result<(), Error> {
    let refused = |reason: String| {
        let message = format!(
            "cannot copy {} to {}: {reason}",
            database.display(),
            to.display()
        );
        Error::new(ErrorKind::Database, message)
    };
    if !database.is_file() {
        return Err(refused("there is no such database".to_owned()));
    }
    let reader = schema::open_reader(database)?;
    schema::check(&reader, database)?;
    // Prompts are private: other users must not read them.
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(to)
        .map_err(|error| refused(error.to_string()))?;
    let copied =
        copy(&reader, to).and_then(|()| file.sync_all().map_err(|error| error.to_string()));
    copied.map_err(|reason| {
        // What is left of a failed copy is no copy.
        drop(std::fs::remove_file(to));
        refused(reason)
    })
}

fn copy(reader: &Connection, to: &Path) -> Result<(), String> {
    let to = to.to_str().ok_or("the path is not Unicode")?;
    reader
        .execute("VACUUM INTO ?1", [to])
        .map(drop)
        .map_err(|error| error.to_string())
}
