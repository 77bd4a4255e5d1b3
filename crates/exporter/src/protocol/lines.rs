//! Records as lines of a file, one JSON object each.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::StreamName;
use spanloom_core::mapping::Attributes;

use super::Stored;
use crate::content::Content;
use crate::span::{attributes, record};
use crate::spool::private;

/// A file that lines are appended to; when it is large, a new one is started.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    /// The bytes after which a new file is started, and the number of old files kept.
    rotation: (u64, u32),
    stream: StreamName,
    content: Content,
    resource: OnceLock<Attributes>,
    file: Option<File>,
}

impl Lines {
    pub(crate) fn new(
        path: PathBuf,
        rotation: (u64, u32),
        stream: StreamName,
        content: Content,
    ) -> Self {
        Self {
            path,
            rotation,
            stream,
            content,
            resource: OnceLock::new(),
            file: None,
        }
    }

    pub(super) fn encode(&self, span: Arc<SpanData>, resource: &Resource) -> Option<Stored> {
        let resource = self.resource.get_or_init(|| attributes(resource));
        let mut span = Arc::unwrap_or_clone(span);
        self.content.apply(&mut span);
        let body = record(span, resource, &self.stream).to_json();
        Some(Stored {
            route: Bytes::new(),
            body: body.ok()?.into(),
        })
    }

    /// Writes all records or none.
    pub(crate) fn write(&mut self, records: &[&Stored]) -> io::Result<()> {
        let mut lines = Vec::new();
        for stored in records {
            // JSON text has line breaks only where its writer put them between values.
            lines.extend(
                stored
                    .body
                    .iter()
                    .filter(|byte| !matches!(byte, b'\n' | b'\r')),
            );
            lines.push(b'\n');
        }
        let result = self.append(&lines);
        if result.is_err() {
            self.file = None;
        }
        result
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let (most, _) = self.rotation;
        let mut file = match self.file.take() {
            Some(file) => file,
            None => open(&self.path)?,
        };
        let length = file.metadata()?.len();
        if length > 0 && length.saturating_add(lines.len() as u64) > most {
            drop(file);
            self.rotate()?;
            file = open(&self.path)?;
        }
        let length = file.metadata()?.len();
        if let Err(error) = file.write_all(lines) {
            // Half a line would be read as damage.
            drop(file.set_len(length));
            return Err(error);
        }
        self.file = Some(file);
        Ok(())
    }

    /// Renames `calls.jsonl` to `calls.1.jsonl`, which becomes `calls.2.jsonl`, and drops the last.
    fn rotate(&self) -> io::Result<()> {
        let (_, keep) = self.rotation;
        for number in (1..keep).rev() {
            let from = numbered(&self.path, number);
            if from.exists() {
                fs::rename(from, numbered(&self.path, number + 1))?;
            }
        }
        match keep {
            0 => fs::remove_file(&self.path),
            _ => fs::rename(&self.path, numbered(&self.path, 1)),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    private().append(true).create(true).open(path)
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    match extension.is_empty() {
        true => path.with_extension(number.to_string()),
        false => path.with_extension(format!("{number}.{extension}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> Stored {
        Stored {
            route: Bytes::new(),
            body: Bytes::copy_from_slice(text.as_bytes()),
        }
    }

    #[test]
    fn files_are_begun_anew_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.jsonl");
        let stream = "a/b/c".parse().unwrap();
        let content = Content::default();
        let mut lines = Lines::new(path.clone(), (20, 2), stream, content);
        for number in 0..8 {
            let record = stored(&format!("{{\"n\":\n{number}}}"));
            lines.write(&[&record]).unwrap();
        }
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        assert_eq!(read(&path), "{\"n\":6}\n{\"n\":7}\n");
        assert_eq!(read(&numbered(&path, 1)), "{\"n\":4}\n{\"n\":5}\n");
        assert_eq!(read(&numbered(&path, 2)), "{\"n\":2}\n{\"n\":3}\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
