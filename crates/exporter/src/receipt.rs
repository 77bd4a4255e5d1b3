//! The account of every span.

use std::fmt;
use std::ops::{AddAssign, Deref};

/// The outcomes of the spans given to one destination, or to all together, since the exporter was started.
///
/// At all times `received + recovered = delivered + rejected + spooled + queued + dropped.total()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Spans handed to the exporter.
    pub received: u64,
    /// Records found in the spools of dead processes.
    pub recovered: u64,
    /// Acknowledged by the destination.
    pub delivered: u64,
    /// Permanently refused by the destination.
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
    /// The memory limit was reached, and there is no spool, or none that could be written.
    pub queue_full: u64,
    /// The spool limit was reached: the oldest records were dropped.
    pub spool_full: u64,
    /// Larger than one request may be.
    pub too_large: u64,
    /// The destination was unreachable for too long.
    pub expired: u64,
    /// Left at the end: not delivered in time, and there is no spool, or none that could be written; or handed over
    /// after the end.
    pub shutdown: u64,
    /// Damaged on disk.
    pub corrupt: u64,
}

impl Dropped {
    /// Returns the name and the count of each reason.
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

    /// Returns the sum over the reasons.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_reason().iter().map(|(_, count)| count).sum()
    }
}

impl Account {
    /// Returns whether all received and recovered spans were delivered.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.delivered == self.received + self.recovered
    }

    /// Returns whether the counts add up: each span received or recovered is in exactly one place. Always true; for
    /// tests.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        self.received + self.recovered
            == self.delivered + self.rejected + self.spooled + self.queued + self.dropped.total()
    }
}

impl AddAssign for Account {
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

impl fmt::Display for Account {
    /// Writes `18 delivered`, followed by the other counts that are not zero.
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
            (
                self.dropped.expired,
                "dropped (destination unavailable too long)",
            ),
            (self.dropped.shutdown, "dropped (at shutdown)"),
            (self.dropped.corrupt, "dropped (damaged on disk)"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// The account of an exporter: the sum over its destinations, to which it dereferences, and each destination's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The sum: a span that goes to two destinations is counted for each.
    pub total: Account,
    /// The destinations, in the order they were given.
    pub destinations: Vec<DestinationReceipt>,
}

/// The account of one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DestinationReceipt {
    /// Scheme and host, or the path of a file.
    pub name: String,
    /// The outcomes of its spans.
    pub account: Account,
    /// The last problem that kept it from taking records, in words; `None` while it takes them.
    pub trouble: Option<&'static str>,
}

impl Receipt {
    pub(crate) fn of(destinations: Vec<DestinationReceipt>) -> Self {
        let mut total = Account::default();
        for destination in &destinations {
            total += destination.account;
        }
        Self {
            total,
            destinations,
        }
    }
}

impl Deref for Receipt {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.total
    }
}

impl fmt::Display for Receipt {
    /// Writes one line: `http://127.0.0.1:7440: 18 delivered`, and the same for each destination, followed by its
    /// trouble.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.destinations.is_empty() {
            return self.total.fmt(f);
        }
        for (index, destination) in self.destinations.iter().enumerate() {
            let between = if index > 0 { "; " } else { "" };
            write!(f, "{between}{destination}")?;
        }
        Ok(())
    }
}

impl fmt::Display for DestinationReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.account)?;
        match self.trouble {
            Some(trouble) => write!(f, " ({trouble})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_not_nought() {
        let account = Account {
            received: 9,
            recovered: 2,
            delivered: 5,
            spooled: 3,
            dropped: Dropped {
                corrupt: 3,
                ..Dropped::default()
            },
            ..Account::default()
        };
        assert!(account.is_conserved() && !account.is_complete());
        assert_eq!(
            account.to_string(),
            "5 delivered (2 taken over from earlier runs), 3 spooled, 3 dropped (damaged on disk)"
        );
        let mut twice = account;
        twice += account;
        assert!(twice.is_conserved());
        assert_eq!(twice.dropped.total(), 6);
    }

    #[test]
    fn each_destination_is_named_with_its_trouble() {
        let one = |name: &str, trouble: Option<&'static str>| DestinationReceipt {
            name: name.to_owned(),
            account: Account {
                received: 3,
                delivered: if trouble.is_none() { 3 } else { 0 },
                spooled: if trouble.is_none() { 0 } else { 3 },
                ..Account::default()
            },
            trouble,
        };
        let receipt = Receipt::of(vec![
            one("http://127.0.0.1:7440", None),
            one("https://trace.wandb.ai", Some("the key is refused")),
        ]);
        assert_eq!(
            (receipt.received, receipt.delivered, receipt.spooled),
            (6, 3, 3)
        );
        assert_eq!(
            receipt.to_string(),
            "http://127.0.0.1:7440: 3 delivered; https://trace.wandb.ai: 0 delivered, 3 spooled (the key is refused)"
        );
    }
}
