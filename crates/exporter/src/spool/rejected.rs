//! Records that a destination refused for good, next to its spool: for people to look at, and to be sent again once the
//! reason is gone.
//!
//! ```text
//! <root>/<destination>/rejected.jsonl     {"at": …, "reason": "422: …", "route": "acme/chatbot", "record": {…}}
//! <root>/<destination>/rejected.1.jsonl   the file before
//! ```
//! OTLP records are not text: they are stored as `span`, in base64, like their `route`.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use spanloom_core::Timestamp;

use super::Stored;
use super::folder::make;
use super::segment::no_link;

pub(crate) const FILE: &str = "rejected.jsonl";
const BEFORE: &str = "rejected.1.jsonl";
/// Files that are being sent again.
const LEAVING: [&str; 2] = ["rejected.1.leaving", "rejected.leaving"];
/// A larger file is set aside and replaces the previous one: at most twice as much is kept.
const FILE_BYTES: u64 = if cfg!(test) { 32 << 10 } else { 32 << 20 };

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line<'a> {
    at: String,
    reason: String,
    route: String,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    record: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    span: Option<String>,
}

/// Writes refused records to the file, and returns its path. Beyond the size limit, the first refused are dropped
/// first.
pub(crate) fn write(folder: &Path, records: &[&Stored], reason: &str) -> io::Result<PathBuf> {
    make(folder)?;
    let path = folder.join(FILE);
    let mut lines = Vec::new();
    let at = Timestamp::from(SystemTime::now()).to_string();
    for stored in records {
        let text = std::str::from_utf8(&stored.body).ok();
        let record = text.and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
        let route = std::str::from_utf8(&stored.route).ok();
        let line = Line {
            at: at.clone(),
            reason: reason.to_owned(),
            route: match (record, route) {
                (Some(_), Some(route)) => route.to_owned(),
                _ => STANDARD.encode(&stored.route),
            },
            record: record.filter(|_| route.is_some()),
            span: (record.is_none() || route.is_none()).then(|| STANDARD.encode(&stored.body)),
        };
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    if fs::metadata(&path).is_ok_and(|file| file.len() + lines.len() as u64 > FILE_BYTES) {
        fs::rename(&path, folder.join(BEFORE))?;
    }
    // In one piece: other processes append to the same file.
    let mut file = no_link().append(true).create(true).open(&path)?;
    file.write_all(&lines)?;
    Ok(path)
}

/// Hands every record to `take`, oldest first, to be sent again; records it has taken are removed from the files.
/// Damaged lines are skipped.
pub(crate) fn take(
    folder: &Path,
    mut take: impl FnMut(&[Stored]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut taken = 0;
    // A file left by an interrupted run goes first.
    for (leaving, file) in LEAVING.iter().zip([BEFORE, FILE]) {
        let leaving = folder.join(leaving);
        for again in [false, true] {
            if again && fs::rename(folder.join(file), &leaving).is_err() {
                break;
            }
            taken += take_file(&leaving, &mut take)?;
        }
    }
    Ok(taken)
}

fn take_file(path: &Path, take: &mut impl FnMut(&[Stored]) -> io::Result<()>) -> io::Result<u64> {
    /// Records that are handed over together.
    const TOGETHER: usize = 256;
    let file = match no_link().read(true).open(path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let (mut taken, mut some) = (0, Vec::new());
    for line in file.split(b'\n') {
        some.extend(read(&line?));
        if some.len() >= TOGETHER {
            take(&some)?;
            taken += some.drain(..).len() as u64;
        }
    }
    take(&some)?;
    taken += some.len() as u64;
    fs::remove_file(path)?;
    Ok(taken)
}

fn read(line: &[u8]) -> Option<Stored> {
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    Some(match (line.record, line.span) {
        (Some(record), _) => Stored {
            route: line.route.into(),
            body: record.get().to_owned().into(),
        },
        (None, Some(span)) => Stored {
            route: STANDARD.decode(line.route).ok()?.into(),
            body: STANDARD.decode(span).ok()?.into(),
        },
        (None, None) => return None,
    })
}

/// Returns the number of records that wait to be sent again.
pub(crate) fn count(folder: &Path) -> u64 {
    let files = LEAVING.into_iter().chain([BEFORE, FILE]);
    let lines = files.filter_map(|file| no_link().read(true).open(folder.join(file)).ok());
    lines
        .map(|file| BufReader::new(file).split(b'\n').count() as u64)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(route: &[u8], body: &[u8]) -> Stored {
        Stored {
            route: route.to_vec().into(),
            body: body.to_vec().into(),
        }
    }

    fn all(folder: &Path) -> Vec<Stored> {
        let mut found = Vec::new();
        let count = take(folder, |some| {
            found.extend_from_slice(some);
            Ok(())
        });
        assert_eq!(count.unwrap(), found.len() as u64);
        found
    }

    #[test]
    fn what_was_refused_comes_back_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let record = stored(b"acme/chatbot", br#"{"id":"a","n":1.0}"#);
        let span = stored(&[0, 255, 1], &[10, 200, 13, 10]);
        write(folder.path(), &[&record, &span], "422: no \"such\"\nfield").unwrap();
        write(folder.path(), &[&record], "413").unwrap();
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(first["reason"], "422: no \"such\"\nfield");
        assert_eq!(first["record"]["id"], "a");
        assert_eq!(count(folder.path()), 3);
        assert_eq!(all(folder.path()), [record.clone(), span, record]);
        assert_eq!((count(folder.path()), all(folder.path()).len()), (0, 0));
    }

    #[test]
    fn what_cannot_be_handed_over_stays() {
        let folder = tempfile::tempdir().unwrap();
        let record = stored(b"acme/chatbot", b"{}");
        write(folder.path(), &[&record], "422").unwrap();
        take(folder.path(), |_| Err(io::Error::other("full"))).unwrap_err();
        write(folder.path(), &[&record], "422").unwrap();
        fs::write(folder.path().join(BEFORE), "{\"half\": a line").unwrap();
        assert_eq!(all(folder.path()), [record.clone(), record]);
    }

    #[test]
    fn the_files_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let large = stored(b"a/b", format!("\"{}\"", "x".repeat(10 << 10)).as_bytes());
        for number in 0..8 {
            write(folder.path(), &[&large], &format!("{number}")).unwrap();
        }
        let bytes = |file: &str| fs::metadata(folder.path().join(file)).unwrap().len();
        assert!(bytes(FILE) <= FILE_BYTES && bytes(BEFORE) <= FILE_BYTES);
        assert_eq!(count(folder.path()), 5, "the first three are gone");
    }

    #[test]
    #[cfg(unix)]
    fn is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[&stored(b"a/b", b"{}")], "422").unwrap();
        let mode = fs::metadata(folder.path().join(FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
