//! The account of every span.

use std::fmt;
use std::ops::AddAssign;

/// What became of the spans a destination was given, since its exporter was started.
///
/// At all times `received + recovered = delivered + rejected + spooled + queued + dropped.total()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Spans handed to the exporter.
    pub received: u64,
    /// Records found in the spools of processes that are gone.
    pub recovered: u64,
    /// Acknowledged by the destination.
    pub delivered: u64,
    /// Refused by the destination for good.
    pub rejected: u64,
    /// Kept on disk: they survive this process.
    pub spooled: u64,
    /// Kept in memory only, waiting to be sent or sent again.
    pub queued: u64,
    /// Given up.
    pub dropped: Dropped,
}

/// Spans given up, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The bound of the memory was reached, and there is no spool, or none that could be written.
    pub queue_full: u64,
    /// The bound of the spool was reached: the oldest went.
    pub spool_full: u64,
    /// Larger than one request may be.
    pub too_large: u64,
    /// The destination could not be reached for too long.
    pub expired: u64,
    /// Handed over after shutdown.
    pub shutdown: u64,
    /// Damaged on disk.
    pub corrupt: u64,
}

impl Dropped {
    /// Each reason with its count and the words for it.
    #[must_use]
    pub fn by_reason(&self) -> [(&'static str, u64); 6] {
        [
            ("queue_full", self.queue_full),
            ("spool_full", self.spool_full),
            ("too_large", self.too_large),
            ("expired", self.expired),
            ("shutdown", self.shutdown),
            ("corrupt", self.corrupt),
        ]
    }

    /// Sum over the reasons.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_reason().iter().map(|(_, count)| count).sum()
    }
}

impl Receipt {
    /// Whether everything received was delivered, and everything recovered too.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.delivered == self.received + self.recovered
    }

    /// Whether every span is in exactly one place. It always is; tests ask.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        self.received + self.recovered
            == self.delivered + self.rejected + self.spooled + self.queued + self.dropped.total()
    }
}

impl AddAssign for Receipt {
    fn add_assign(&mut self, other: Self) {
        self.received += other.received;
        self.recovered += other.recovered;
        self.delivered += other.delivered;
        self.rejected += other.rejected;
        self.spooled += other.spooled;
        self.queued += other.queued;
        self.dropped += other.dropped;
    }
}

impl AddAssign for Dropped {
    fn add_assign(&mut self, other: Self) {
        self.queue_full += other.queue_full;
        self.spool_full += other.spool_full;
        self.too_large += other.too_large;
        self.expired += other.expired;
        self.shutdown += other.shutdown;
        self.corrupt += other.corrupt;
    }
}

impl fmt::Display for Receipt {
    /// One line: `18 delivered`, or with what else there is to say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} delivered", self.delivered)?;
        if self.recovered > 0 {
            write!(f, " ({} taken over from earlier runs)", self.recovered)?;
        }
        for (count, what) in [
            (self.queued, "queued"),
            (self.spooled, "spooled"),
            (self.rejected, "rejected"),
            (self.dropped.queue_full, "dropped (queue full)"),
            (self.dropped.spool_full, "dropped (spool full)"),
            (self.dropped.too_large, "dropped (too large)"),
            (self.dropped.expired, "dropped (destination away too long)"),
            (self.dropped.shutdown, "dropped (after shutdown)"),
            (self.dropped.corrupt, "dropped (damaged on disk)"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_not_nought() {
        let receipt = Receipt {
            received: 9,
            recovered: 2,
            delivered: 5,
            spooled: 3,
            dropped: Dropped {
                corrupt: 3,
                ..Dropped::default()
            },
            ..Receipt::default()
        };
        assert!(receipt.is_conserved() && !receipt.is_complete());
        assert_eq!(
            receipt.to_string(),
            "5 delivered (2 taken over from earlier runs), 3 spooled, 3 dropped (damaged on disk)"
        );
        let mut twice = receipt;
        twice += receipt;
        assert!(twice.is_conserved());
        assert_eq!(twice.dropped.total(), 6);
    }
}
