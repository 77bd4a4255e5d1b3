//! How long calls are kept: by age and by size, the oldest to arrive go first.

use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use spanloom_core::Timestamp;

use super::facts::Facts;
use super::frame::CALLS;
use super::row::Row;

/// The most calls that are removed at a time: new calls wait for the writer meanwhile.
const STEP: usize = if cfg!(test) { 48 } else { 1_024 };
/// The share of free pages in the file at which it shrinks. New calls take the free pages; a file that keeps its size has few.
const FREE: i64 = 4;
/// The pages by which the file shrinks at a time.
const PAGES: i64 = 500;

/// The part of the limit that calls have at least, whatever else is stored.
const LEAST: u64 = 4;

/// A start that is later than this after now comes from a wrong clock.
const WRONG_CLOCK: Duration = Duration::from_secs(86_400);

/// The limits of what a server keeps. Calls go in the order of their arrival, each with its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The longest time since a call's start; `None`, the default, is no limit.
    pub max_age: Option<Duration>,
    /// The largest size of the database, in bytes, without the room that removed calls have left in it; `None` is no
    /// limit. Default: 20 GiB.
    pub max_bytes: Option<u64>,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            max_age: None,
            max_bytes: Some(20 << 30),
        }
    }
}

/// The pages of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pages {
    all: i64,
    free: i64,
    bytes: i64,
}

impl Pages {
    pub(super) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
        Ok(Self {
            all: pragma("page_count")?,
            free: pragma("freelist_count")?,
            bytes: pragma("page_size")?,
        })
    }

    pub(super) fn used(self) -> u64 {
        let used = (self.all - self.free).saturating_mul(self.bytes);
        u64::try_from(used).unwrap_or(0)
    }

    /// Gives free pages back to the disk, if they are many. Returns whether they were.
    pub(super) fn shrink(self, connection: &Connection) -> rusqlite::Result<bool> {
        let is_large = self.free > PAGES && self.free > self.all / FREE;
        if is_large {
            // It frees a page with each row that it returns.
            let mut shrink = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
            let mut pages = shrink.query([])?;
            while pages.next()?.is_some() {}
        }
        Ok(is_large)
    }
}

impl Retention {
    /// Returns the place of the first call that stays after the next step; `None` if nothing has to go. The newest call
    /// always stays.
    ///
    /// `others` are the bytes of what stays when calls go: it takes three quarters of the limit from them at most.
    pub(super) fn first(
        &self,
        facts: &Facts,
        pages: Pages,
        others: u64,
        now: SystemTime,
    ) -> Option<usize> {
        let first = facts.first();
        let held = facts.len().saturating_sub(first);
        let most = STEP.min(held.saturating_sub(1));
        let beyond = self.beyond(pages.used(), others, held);
        if beyond > 0 && most > 0 {
            return Some(first + beyond.max(CALLS).min(most));
        }
        let oldest = Timestamp::from(now.checked_sub(self.max_age?)?).as_nanos();
        let future = Timestamp::from(now.checked_add(WRONG_CLOCK)?).as_nanos();
        // A place without a call goes with its neighbours.
        let start = |place| match facts.project(place) {
            Some(project) if Row::is_no_project(project) => i64::MAX,
            _ => facts.started_at(place).unwrap_or(oldest),
        };
        let goes = |place: &usize| start(*place) < oldest || start(*place) > future;
        // A call from the future goes with an old one that arrived after it: its sender's clock was wrong.
        let candidates = (first..first + most).take_while(goes);
        let last_old = candidates.filter(|place| start(*place) < oldest).last();
        let old = last_old.map_or(0, |last| last + 1 - first);
        (old > 0).then_some(first + old)
    }

    /// Returns how many of the `calls` have to go because of the size, if all are of the same.
    fn beyond(&self, used: u64, others: u64, calls: usize) -> usize {
        let of_calls = used.saturating_sub(others);
        let excess = self.max_bytes.map_or(0, |max| used.saturating_sub(max));
        let is_others = self.max_bytes.is_some_and(|max| of_calls <= max / LEAST);
        if excess == 0 || is_others || of_calls == 0 {
            return 0;
        }
        let share = u128::from(excess) * (calls as u128);
        let beyond = share.div_ceil(u128::from(of_calls));
        usize::try_from(beyond).unwrap_or(usize::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_back_the_room_that_is_not_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let connection = crate::store::schema::open(&folder.path().join("x.db")).unwrap();
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
            INSERT INTO payload SELECT i, randomblob(4000) FROM n";
        connection.execute_batch(fill).unwrap();
        let full = Pages::of(&connection).unwrap();
        assert!(!full.shrink(&connection).unwrap());
        connection
            .execute_batch("DELETE FROM payload WHERE frame < 3000")
            .unwrap();
        let before = Pages::of(&connection).unwrap();
        assert!(
            before.free >= 2_900 && before.used() < full.used() / 2,
            "{before:?}"
        );
        while Pages::of(&connection).unwrap().shrink(&connection).unwrap() {}
        let after = Pages::of(&connection).unwrap();
        assert!(after.free <= PAGES.max(after.all / FREE), "{after:?}");
        assert!(after.all < before.all / 2, "{after:?}");
    }

    #[test]
    fn as_many_calls_go_as_the_size_asks_for() {
        let kept = |max_bytes| Retention {
            max_age: None,
            max_bytes: Some(max_bytes),
        };
        // 600 calls of 40 KB each, 20 MB of room.
        assert_eq!(kept(20_000_000).beyond(24_000_000, 0, 600), 100);
        assert_eq!(kept(24_000_000).beyond(24_000_000, 0, 600), 0);
        assert_eq!(kept(24_000_000).beyond(24_000_001, 0, 600), 1);
        // What else is stored takes three quarters at most.
        assert_eq!(kept(20_000_000).beyond(24_000_000, 20_000_000, 600), 0);
        assert!(kept(1).beyond(u64::MAX, 0, usize::MAX) > 1 << 60);
    }
}
