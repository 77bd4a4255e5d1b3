//! Everything a worker has to send, in memory and on disk.

use std::collections::VecDeque;
use std::path::PathBuf;

use tokio::time::Instant;

use super::batch::{Batch, Entry};
use super::disk::Disk;
use crate::limits::Limits;
use crate::protocol::Stored;
use crate::queue::Control;
use crate::spool::Losses;

/// Records that wait to be sent.
#[derive(Debug)]
pub(crate) struct Pending {
    limits: Limits,
    memory: VecDeque<Entry>,
    /// Batches that are retried or were halved: they go first.
    again: VecDeque<Batch>,
    bytes: usize,
    disk: Option<Disk>,
    /// Whether the last batch came from disk: records on disk only take turns with new ones.
    disk_was_last: bool,
}

impl Pending {
    pub(crate) fn new(limits: Limits, disk: Option<Disk>) -> Self {
        Self {
            limits,
            memory: VecDeque::new(),
            again: VecDeque::new(),
            bytes: 0,
            disk,
            disk_was_last: false,
        }
    }

    /// Looks for records that other processes left on disk.
    pub(super) fn look(&mut self) {
        if let Some(disk) = &mut self.disk {
            disk.look();
        }
    }

    /// Returns the problem on this side, or with records that the destination refused.
    pub(crate) fn trouble(&self, some_rejected: bool) -> Option<&'static str> {
        match &self.disk {
            Some(disk) if disk.has_failed() => {
                Some("the spool cannot be written: records are kept in memory only")
            }
            Some(_) if some_rejected => Some(
                "it permanently refused records: rejected.jsonl in the spool contains them, with the reason",
            ),
            None if some_rejected => Some("it permanently refused records"),
            _ => None,
        }
    }

    /// Returns the number of other processes' records found on disk.
    pub(super) fn take_found(&mut self) -> u64 {
        self.disk.as_mut().map_or(0, Disk::take_found)
    }

    pub(super) fn push(&mut self, number: u64, stored: Stored) {
        let entry = Entry {
            stored,
            number: Some(number),
            frame: None,
            since: Instant::now(),
        };
        self.bytes += entry.bytes();
        self.memory.push_back(entry);
    }

    /// Writes new records to disk, if the spool's mode or the current state requires it.
    pub(super) fn write_down(&mut self, is_away: bool) {
        let Some(disk) = &mut self.disk else {
            return;
        };
        if is_away || self.bytes > self.limits.queue_bytes / 2 {
            self.memory_to_disk();
        } else if disk.is_eager() {
            // Earlier records are written already, unless that failed.
            let all = disk.has_failed();
            let new = self.memory.iter_mut().rev();
            let mut new: Vec<&mut Entry> = new
                .take_while(|entry| all || entry.frame.is_none())
                .filter(|entry| entry.frame.is_none())
                .collect();
            new.reverse();
            disk.write(&mut new);
        }
    }

    fn memory_to_disk(&mut self) {
        let Some(disk) = &mut self.disk else {
            return;
        };
        disk.write(&mut self.memory.iter_mut().collect::<Vec<_>>());
        for entry in std::mem::take(&mut self.memory) {
            match entry.frame {
                Some(frame) => {
                    self.bytes = self.bytes.saturating_sub(entry.bytes());
                    disk.release(frame);
                }
                None => self.memory.push_back(entry),
            }
        }
    }

    /// Returns the next records to send: retried batches first, then records on disk only and new records in turn.
    pub(super) fn next(&mut self, control: Control, mixed: bool) -> Option<Batch> {
        if let Some(batch) = self.again.pop_front() {
            self.bytes = self.bytes.saturating_sub(batch.bytes());
            return Some(batch);
        }
        let fresh = self.is_due(control);
        let disk = self.on_disk_only() > 0;
        let from_disk = disk && (!fresh || !self.disk_was_last);
        self.disk_was_last = from_disk;
        let batch = if from_disk {
            self.take_disk()
        } else if fresh {
            self.take_memory()
        } else {
            return None;
        };
        self.by_route(batch, mixed)
    }

    /// Returns the records of the first route, and keeps the rest for later.
    fn by_route(&mut self, entries: Vec<Entry>, mixed: bool) -> Option<Batch> {
        let route = entries.first()?.stored.route.clone();
        if mixed || entries.iter().all(|entry| entry.stored.route == route) {
            return Some(Batch::new(entries));
        }
        let mut routes: Vec<Vec<Entry>> = Vec::new();
        for entry in entries {
            let same = |of_route: &&mut Vec<Entry>| {
                of_route
                    .first()
                    .is_some_and(|first| first.stored.route == entry.stored.route)
            };
            match routes.iter_mut().find(same) {
                Some(of_route) => of_route.push(entry),
                None => routes.push(vec![entry]),
            }
        }
        let mut batches = routes.into_iter().map(Batch::new);
        let first = batches.next();
        self.again(batches);
        first
    }

    fn take_memory(&mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut bytes = 0_usize;
        while let Some(next) = self.memory.front() {
            bytes = bytes.saturating_add(next.stored.body.len());
            let full = entries.len() >= self.limits.batch_spans || bytes > self.limits.batch_bytes;
            if full && !entries.is_empty() {
                break;
            }
            if let Some(entry) = self.memory.pop_front() {
                self.bytes = self.bytes.saturating_sub(entry.bytes());
                entries.push(entry);
            }
        }
        entries
    }

    fn take_disk(&mut self) -> Vec<Entry> {
        let most = (self.limits.batch_spans, self.limits.batch_bytes);
        self.disk
            .as_mut()
            .map(|disk| disk.take(most))
            .unwrap_or_default()
    }

    /// Returns whether new records need not wait for more.
    fn is_due(&self, control: Control) -> bool {
        let Some(first) = self.memory.front() else {
            return false;
        };
        control.closed
            || first
                .number
                .is_none_or(|number| number < control.flush_before)
            || self.memory.len() >= self.limits.batch_spans
            || self.bytes >= self.limits.batch_bytes
            || first.since.elapsed() >= self.limits.batch_age
    }

    /// Returns when new records need not wait any more.
    pub(super) fn due(&self) -> Option<Instant> {
        if !self.again.is_empty() || self.on_disk_only() > 0 {
            return Some(Instant::now());
        }
        let first = self.memory.front()?;
        Some(first.since + self.limits.batch_age)
    }

    /// Puts batches first in line, in the given order.
    pub(super) fn again(
        &mut self,
        batches: impl IntoIterator<Item = Batch, IntoIter: DoubleEndedIterator>,
    ) {
        for batch in batches.into_iter().rev() {
            self.bytes += batch.bytes();
            self.again.push_front(batch);
        }
    }

    /// Settles a batch that the destination has decided on.
    pub(super) fn settle(&mut self, batch: &Batch) {
        let frames: Vec<_> = batch
            .entries
            .iter()
            .filter_map(|entry| entry.frame)
            .collect();
        if let Some(disk) = &mut self.disk {
            disk.settle(&frames);
        }
    }

    /// Stores a batch that the destination has refused. Returns the file, if there is a spool.
    pub(super) fn reject(&mut self, batch: &Batch, reason: &str) -> Option<PathBuf> {
        let disk = self.disk.as_mut()?;
        disk.reject(&batch.records(), reason)
    }

    /// Takes back a batch without a decision: it goes to disk with everything else, is retried, or, if in memory only
    /// and `last`, is given up. Returns the number of records given up.
    pub(super) fn back(&mut self, batch: Batch, last: bool) -> u64 {
        match self.write_batch(batch) {
            None => self.all_to_disk(),
            Some(batch) if last => return batch.len(),
            Some(batch) => self.again([batch]),
        }
        0
    }

    /// Writes a batch to disk; returns the records that cannot be written.
    pub(super) fn write_batch(&mut self, mut batch: Batch) -> Option<Batch> {
        let Some(disk) = &mut self.disk else {
            return Some(batch);
        };
        disk.write(&mut batch.entries.iter_mut().collect::<Vec<_>>());
        batch.entries.retain(|entry| match entry.frame {
            Some(frame) => {
                disk.release(frame);
                false
            }
            None => true,
        });
        (!batch.entries.is_empty()).then_some(batch)
    }

    /// Returns whether unsent records are written to disk at the end.
    pub(super) fn leaves_to_disk(&self) -> bool {
        self.disk.as_ref().is_some_and(Disk::is_usable)
    }

    /// Writes everything to disk.
    pub(super) fn all_to_disk(&mut self) {
        self.memory_to_disk();
        for batch in std::mem::take(&mut self.again) {
            self.bytes = self.bytes.saturating_sub(batch.bytes());
            if let Some(batch) = self.write_batch(batch) {
                self.again([batch]);
            }
        }
    }

    /// Drops the records that are in memory only, and returns their number.
    pub(super) fn abandon(&mut self) -> u64 {
        let again: u64 = self.again.drain(..).map(|batch| batch.len()).sum();
        let memory = self.memory.drain(..).count() as u64;
        self.bytes = 0;
        again + memory
    }

    pub(super) fn is_empty(&self) -> bool {
        self.memory.is_empty() && self.again.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the lowest span number in memory.
    pub(super) fn oldest(&self) -> Option<u64> {
        let again = self.again.iter().filter_map(Batch::oldest).min();
        let memory = self.memory.iter().find_map(|entry| entry.number);
        [again, memory].into_iter().flatten().min()
    }

    /// Returns the number of records that were read from disk and are retried.
    pub(super) fn read_from_disk(&self) -> u64 {
        self.again.iter().map(Batch::read_from_disk).sum()
    }

    /// Returns the number of records on disk, including those also in memory.
    pub(super) fn on_disk(&self) -> u64 {
        self.disk.as_ref().map_or(0, Disk::open_frames)
    }

    pub(super) fn on_disk_only(&self) -> u64 {
        self.disk.as_ref().map_or(0, Disk::waiting)
    }

    pub(super) fn losses(&mut self) -> Losses {
        self.disk.as_mut().map(Disk::losses).unwrap_or_default()
    }

    pub(super) fn sync_due(&self) -> Option<Instant> {
        self.disk.as_ref()?.sync_due()
    }

    pub(super) fn sync_if_due(&mut self) {
        if let Some(disk) = &mut self.disk {
            disk.sync_if_due();
        }
    }
}
