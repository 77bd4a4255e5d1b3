//! Records that are sent together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::protocol::Stored;
use crate::spool::FrameId;

/// A record in memory.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) stored: Stored,
    /// The span's number among the spans received; `None` for a record that was read from disk.
    pub(super) number: Option<u64>,
    /// The record's frame on disk, if any.
    pub(super) frame: Option<FrameId>,
    pub(super) since: Instant,
}

impl Entry {
    pub(super) fn bytes(&self) -> usize {
        // The overhead around the texts.
        const FIXED: usize = 128;
        FIXED + self.stored.body.len()
    }
}

/// Records of one request, in the order they came.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) entries: Vec<Entry>,
    history: Arc<SplitHistory>,
}

/// The history that a batch shares with all its halves.
#[derive(Debug, Default)]
struct SplitHistory {
    requests: AtomicU32,
    any_delivered: AtomicBool,
}

/// A destination's decision.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decision {
    Delivered { rejected: u64 },
    Rejected,
}

/// Halvings of a batch of which nothing was ever accepted: enough to find one bad record among 65,536, wherever it is,
/// and too few to send each record alone to a destination that refuses everything.
const MAX_FUTILE_SPLITS: u32 = 2 * 16;

impl Batch {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        Self {
            entries,
            history: Arc::default(),
        }
    }

    pub(super) fn records(&self) -> Vec<&Stored> {
        self.entries.iter().map(|entry| &entry.stored).collect()
    }

    pub(super) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.iter().map(Entry::bytes).sum()
    }

    pub(super) fn oldest(&self) -> Option<u64> {
        self.entries.iter().filter_map(|entry| entry.number).min()
    }

    /// Returns the number of records that were read from disk.
    pub(super) fn read_from_disk(&self) -> u64 {
        let entries = self.entries.iter();
        entries.filter(|entry| entry.number.is_none()).count() as u64
    }

    /// Returns how long the oldest record has been in memory.
    pub(super) fn age(&self) -> Duration {
        let first = self.entries.iter().map(|entry| entry.since).min();
        first.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Notes that the destination accepted the batch.
    pub(super) fn mark_delivered(&self) {
        self.history.any_delivered.store(true, Ordering::Relaxed);
    }

    /// Returns both halves, or the batch itself when it cannot be halved or halving is futile.
    pub(super) fn halves(mut self) -> Result<(Self, Self), Self> {
        let requests = self.history.requests.fetch_add(1, Ordering::Relaxed);
        let futile =
            requests >= MAX_FUTILE_SPLITS && !self.history.any_delivered.load(Ordering::Relaxed);
        if self.entries.len() < 2 || futile {
            return Err(self);
        }
        let second = self.entries.split_off(self.entries.len() / 2);
        let history = Arc::clone(&self.history);
        let second = Self {
            entries: second,
            history,
        };
        Ok((self, second))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn batch(records: u64) -> Batch {
        let entry = |number| Entry {
            stored: Stored {
                route: Bytes::new(),
                body: Bytes::new(),
            },
            number: Some(number),
            frame: None,
            since: Instant::now(),
        };
        Batch::new((0..records).map(entry).collect())
    }

    /// Sends a batch, as the worker does, to a destination that refuses every request with a bad record in it. Returns
    /// the number of requests, and the rejected records.
    fn send(batch: Batch, is_bad: impl Fn(u64) -> bool) -> (u32, Vec<u64>) {
        let mut again = vec![batch];
        let (mut requests, mut rejected) = (0, Vec::new());
        while let Some(batch) = again.pop() {
            requests += 1;
            let numbers: Vec<u64> = batch.entries.iter().filter_map(|it| it.number).collect();
            if !numbers.iter().any(|number| is_bad(*number)) {
                batch.mark_delivered();
                continue;
            }
            match batch.halves() {
                Ok((first, second)) => again.extend([second, first]),
                Err(_) => rejected.extend(numbers),
            }
        }
        (requests, rejected)
    }

    #[test]
    fn a_bad_record_costs_itself_wherever_it_is() {
        for bad in 0..512 {
            let (requests, rejected) = send(batch(512), |number| number == bad);
            assert_eq!(rejected, [bad]);
            // The first request, and two for each halving.
            assert!(requests <= 1 + 2 * 9, "{requests} requests for {bad}");
        }
    }

    #[test]
    fn several_bad_records_cost_themselves() {
        let (_, rejected) = send(batch(512), |number| number % 100 == 7);
        assert_eq!(rejected, [7, 107, 207, 307, 407, 507]);
    }

    #[test]
    fn a_destination_that_refuses_everything_is_not_asked_for_each_record() {
        let (requests, rejected) = send(batch(512), |_| true);
        assert_eq!(rejected.len(), 512);
        assert!(requests < 100, "{requests} requests");
    }
}
