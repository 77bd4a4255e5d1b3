//! Records on disk, for when the destination is away, memory is full, or the process ends.
//!
//! A spool is a folder of segment files, each a sequence of frames with a checksum (`frame`). Frames are only ever
//! appended, and one byte of a frame is overwritten once its destination has decided; a segment with only settled
//! frames is deleted. Written frames survive if the process is killed in the next instant; [`Spool::sync`] makes them
//! survive a crash of the machine as well. Damage costs only the frames it hits: the frames after them are found again.

mod folder;
mod frame;
pub(crate) mod rejected;
mod segment;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use folder::Folder;
pub(crate) use frame::Stored;
use segment::Segment;
pub(crate) use segment::private;
pub(crate) use settings::Description;
pub use settings::{SpoolMode, SpoolSettings};

/// A larger segment is closed.
const SEGMENT_BYTES: u64 = 8 << 20;

/// The open spool of one destination in one process.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: Folder,
    segments: BTreeMap<u64, Segment>,
    next: u64,
    limits: (u64, Duration),
    /// Whether something was written since the last sync.
    dirty: bool,
    losses: Losses,
}

/// A frame: its segment, and its number inside the segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FrameId {
    segment: u64,
    index: usize,
}

/// Records that left the disk without being sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    pub(crate) full: u64,
    pub(crate) expired: u64,
    pub(crate) corrupt: u64,
}

impl Spool {
    /// Creates a spool in a destination's folder, next to those of other processes.
    pub(crate) fn create(destination: &Path, settings: &SpoolSettings) -> io::Result<Self> {
        Ok(Self {
            folder: Folder::create(destination)?,
            segments: BTreeMap::new(),
            next: 0,
            limits: (settings.bytes, settings.age),
            dirty: false,
            losses: Losses::default(),
        })
    }

    /// Creates a spool and takes over the records that dead processes left there. Returns it with the number of records
    /// found; unreadable ones are among its losses, and counted as found. The age of records taken over starts anew:
    /// how long they have waited is known only from a clock.
    pub(crate) fn open(destination: &Path, settings: &SpoolSettings) -> io::Result<(Self, u64)> {
        let mut spool = Self::create(destination, settings)?;
        let now = Instant::now();
        for path in spool.folder.adopt()? {
            match Segment::recover(path.clone(), now) {
                Ok((Some(segment), damaged)) => {
                    spool.losses.corrupt += damaged;
                    spool.add(segment);
                }
                Ok((None, damaged)) => {
                    spool.losses.corrupt += damaged;
                    folder::set_aside(&path);
                }
                Err(_) => {
                    spool.losses.corrupt += 1;
                    folder::set_aside(&path);
                }
            }
        }
        let found = spool.open_frames() + spool.losses.corrupt;
        spool.sweep_at(now);
        Ok((spool, found))
    }

    fn add(&mut self, segment: Segment) -> u64 {
        let number = self.next;
        self.next += 1;
        self.segments.insert(number, segment);
        number
    }

    /// Writes records that are also in memory, all of them or none, and returns the id of each.
    pub(crate) fn append<'a>(
        &mut self,
        records: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> io::Result<Vec<FrameId>> {
        let mut ids = Vec::new();
        let (mut frames, mut lengths) = (Vec::new(), Vec::new());
        for (route, body) in records {
            lengths.push(frame::append(&mut frames, route, body));
        }
        if lengths.is_empty() {
            return Ok(ids);
        }
        let number = self.writable()?;
        if let Some(segment) = self.segments.get_mut(&number) {
            let first = segment.append(&frames, &lengths)?;
            self.dirty = true;
            ids.extend((first..first + lengths.len()).map(|index| FrameId {
                segment: number,
                index,
            }));
        }
        self.sweep_at(Instant::now());
        Ok(ids)
    }

    /// Returns the segment to write to: the last, if it is this process's and not too large.
    fn writable(&mut self) -> io::Result<u64> {
        if let Some((number, segment)) = self.segments.last_key_value()
            && segment.bytes() < SEGMENT_BYTES
        {
            return Ok(*number);
        }
        let segment = Segment::create(self.folder.next_segment())?;
        Ok(self.add(segment))
    }

    /// Takes the oldest records that are on disk only.
    pub(crate) fn take(&mut self, most: usize, most_bytes: usize) -> Vec<(FrameId, Stored)> {
        let waiting = |(_, segment): &(&u64, &mut Segment)| segment.waiting > 0;
        let Some((number, segment)) = self.segments.iter_mut().find(waiting) else {
            return Vec::new();
        };
        let number = *number;
        let Ok((taken, damaged)) = segment.take(most, most_bytes) else {
            // The file is gone or cannot be read, so its records are lost.
            let gone = segment.open;
            self.losses.corrupt += gone;
            if let Some(segment) = self.segments.remove(&number) {
                folder::set_aside(segment.path());
            }
            return Vec::new();
        };
        self.losses.corrupt += damaged;
        taken
            .into_iter()
            .map(|(index, stored)| {
                let segment = number;
                (FrameId { segment, index }, stored)
            })
            .collect()
    }

    /// Marks a record as on disk only.
    pub(crate) fn release(&mut self, frame: FrameId) {
        if let Some(segment) = self.segments.get_mut(&frame.segment) {
            segment.release(frame.index);
        }
    }

    /// Settles records that the destination has decided on.
    pub(crate) fn settle(&mut self, frames: &[FrameId]) {
        let mut by_segment: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for frame in frames {
            by_segment
                .entry(frame.segment)
                .or_default()
                .push(frame.index);
        }
        for (number, indexes) in by_segment {
            if let Some(segment) = self.segments.get_mut(&number) {
                segment.settle(&indexes);
                if segment.open == 0 {
                    self.remove(number);
                }
            }
        }
    }

    /// Returns whether a frame is still there: a full spool drops its oldest segment.
    pub(crate) fn holds(&self, frame: FrameId) -> bool {
        self.segments.contains_key(&frame.segment)
    }

    /// Returns the number of records on disk, including those also in memory.
    pub(crate) fn open_frames(&self) -> u64 {
        self.segments.values().map(|segment| segment.open).sum()
    }

    /// Returns the number of records that are on disk only.
    pub(crate) fn waiting(&self) -> u64 {
        self.segments.values().map(|segment| segment.waiting).sum()
    }

    /// Returns the losses since the last call.
    pub(crate) fn losses(&mut self) -> Losses {
        std::mem::take(&mut self.losses)
    }

    /// Returns a function that makes everything written so far survive a crash of the machine: it may be slow, and can
    /// run elsewhere.
    pub(crate) fn sync(&mut self) -> Option<impl FnOnce() + Send + 'static> {
        let dirty = std::mem::take(&mut self.dirty);
        let (_, last) = self.segments.last_key_value().filter(|_| dirty)?;
        let file = last.writable();
        Some(move || drop(file.and_then(|file| file.sync_data())))
    }

    /// Drops the oldest segments beyond the size and age limits. Age is time that passed in this process: setting the
    /// clock makes nothing old.
    fn sweep_at(&mut self, now: Instant) {
        let (most, age) = self.limits;
        while let Some((number, oldest)) = self.segments.first_key_value() {
            let total: u64 = self.segments.values().map(Segment::bytes).sum();
            let old = now.saturating_duration_since(oldest.since) > age;
            let full = total > most && self.segments.len() > 1;
            if !old && !full {
                break;
            }
            // Records that are also in memory are not lost.
            let lost = oldest.waiting;
            let losses = if full {
                &mut self.losses.full
            } else {
                &mut self.losses.expired
            };
            *losses += lost;
            let number = *number;
            self.remove(number);
        }
    }

    fn remove(&mut self, number: u64) {
        if let Some(segment) = self.segments.remove(&number) {
            drop(fs::remove_file(segment.path()));
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Some(sync) = self.sync() {
            sync();
        }
        self.folder.leave();
    }
}
