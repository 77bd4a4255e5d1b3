//! A worker's spool and its condition: a spool that cannot be opened or written is left alone for a while, and the
//! records stay in memory. Nothing is created on disk before there is something to write.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use super::batch::Entry;
use crate::spool::{
    Description, FrameId, Losses, Spool, SpoolMode, SpoolSettings, Stored, rejected,
};

/// How long written records may be lost to a power cut.
const SYNC_AFTER: Duration = Duration::from_millis(200);
/// How long a spool that could not be written is left alone.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Disk {
    settings: SpoolSettings,
    /// The folder of the destination.
    folder: PathBuf,
    description: Option<Description>,
    spool: Option<Spool>,
    failed: Option<Instant>,
    found: u64,
    /// When the first write that is not synced was made.
    written: Option<Instant>,
}

impl Disk {
    pub(crate) fn new(
        settings: SpoolSettings,
        folder: PathBuf,
        description: Option<Description>,
    ) -> Self {
        Self {
            settings,
            folder,
            description,
            spool: None,
            failed: None,
            found: 0,
            written: None,
        }
    }

    /// Takes over records that other processes left. Creates nothing if there is no folder.
    pub(super) fn look(&mut self) {
        if self.folder.exists() {
            self.open();
        }
    }

    fn open(&mut self) {
        let opened = Spool::open(&self.folder, &self.settings);
        let described = self.description.as_ref().map(|it| it.write(&self.folder));
        match opened.and_then(|opened| described.transpose().map(|_| opened)) {
            Ok((spool, found)) => {
                self.spool = Some(spool);
                self.found += found;
            }
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &std::io::Error) {
        if self.failed.is_none() {
            tracing::warn!(name: "spanloom.spool.failed", error = %error, folder = %self.folder.display(),
                "the spool cannot be written: records are kept in memory only");
        }
        self.failed = Some(Instant::now());
    }

    pub(super) fn is_eager(&self) -> bool {
        self.settings.mode == SpoolMode::Always
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Returns whether records left at the end can be written to disk, as far as is known.
    pub(super) fn is_usable(&self) -> bool {
        self.failed.is_none()
    }

    /// Returns the number of other processes' records found since the last call.
    pub(super) fn take_found(&mut self) -> u64 {
        std::mem::take(&mut self.found)
    }

    /// Writes each entry that has no frame to disk, if possible.
    pub(super) fn write(&mut self, entries: &mut [&mut Entry]) {
        if entries.is_empty()
            || self
                .failed
                .is_some_and(|failed| failed.elapsed() < AGAIN_AFTER)
        {
            return;
        }
        if self.spool.is_none() {
            self.open();
        }
        let Some(spool) = self.spool.as_mut() else {
            return;
        };
        for entry in &mut *entries {
            // A full spool may have dropped the record.
            entry.frame = entry.frame.filter(|frame| spool.holds(*frame));
        }
        let mut new: Vec<&mut &mut Entry> = entries
            .iter_mut()
            .filter(|entry| entry.frame.is_none())
            .collect();
        let records = new
            .iter()
            .map(|entry| (&*entry.stored.route, &*entry.stored.body));
        match spool.append(records) {
            Ok(frames) => {
                for (entry, frame) in new.iter_mut().zip(frames) {
                    entry.frame = Some(frame);
                }
                self.failed = None;
                self.written.get_or_insert_with(Instant::now);
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Writes refused records and the reason to a file, and returns its path.
    pub(super) fn reject(&mut self, records: &[&Stored], reason: &str) -> Option<PathBuf> {
        let described = self.description.as_ref().map(|it| it.write(&self.folder));
        let written = described.transpose();
        let written = written.and_then(|_| rejected::write(&self.folder, records, reason));
        written.map_err(|error| self.fail(&error)).ok()
    }

    /// Marks a record as on disk only.
    pub(super) fn release(&mut self, frame: FrameId) {
        if let Some(spool) = &mut self.spool {
            spool.release(frame);
        }
    }

    pub(super) fn take(&mut self, (records, bytes): (usize, usize)) -> Vec<Entry> {
        let Some(spool) = &mut self.spool else {
            return Vec::new();
        };
        let since = Instant::now();
        let taken = spool.take(records, bytes);
        taken
            .into_iter()
            .map(|(frame, stored)| Entry {
                stored,
                number: None,
                frame: Some(frame),
                since,
            })
            .collect()
    }

    pub(super) fn settle(&mut self, frames: &[FrameId]) {
        if let Some(spool) = &mut self.spool {
            spool.settle(frames);
        }
    }

    pub(super) fn open_frames(&self) -> u64 {
        self.spool.as_ref().map_or(0, Spool::open_frames)
    }

    pub(super) fn waiting(&self) -> u64 {
        self.spool.as_ref().map_or(0, Spool::waiting)
    }

    pub(super) fn losses(&mut self) -> Losses {
        self.spool.as_mut().map(Spool::losses).unwrap_or_default()
    }

    pub(super) fn sync_due(&self) -> Option<Instant> {
        Some(self.written? + SYNC_AFTER)
    }

    pub(super) fn sync_if_due(&mut self) {
        if self.sync_due().is_some_and(|due| due <= Instant::now()) {
            self.written = None;
            // A sync may take longer than a call may wait to be written.
            if let Some(sync) = self.spool.as_mut().and_then(Spool::sync) {
                drop(tokio::task::spawn_blocking(sync));
            }
        }
    }
}
