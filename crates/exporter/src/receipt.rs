//! The account of every span.

use std::fmt;

/// What became of the spans an exporter was given, since it was started.
///
/// At all times `received = delivered + rejected + queued + dropped`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Spans handed to the exporter.
    pub received: u64,
    /// Acknowledged by the destination.
    pub delivered: u64,
    /// Refused by the destination for good.
    pub rejected: u64,
    /// Kept, waiting to be sent or sent again.
    pub queued: u64,
    /// Given up.
    pub dropped: Dropped,
}

/// Spans given up, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue's bound was reached.
    pub queue_full: u64,
    /// Larger than one request may be.
    pub too_large: u64,
    /// The destination could not be reached for too long.
    pub expired: u64,
    /// Handed over after shutdown.
    pub shutdown: u64,
}

impl Dropped {
    /// Sum over the reasons.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.queue_full + self.too_large + self.expired + self.shutdown
    }
}

impl Receipt {
    /// Whether everything received was delivered.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.delivered == self.received
    }
}

impl fmt::Display for Receipt {
    /// One line: `18 delivered`, or with what else there is to say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} delivered", self.delivered)?;
        for (count, what) in [
            (self.queued, "queued"),
            (self.rejected, "rejected"),
            (self.dropped.queue_full, "dropped (queue full)"),
            (self.dropped.too_large, "dropped (too large)"),
            (self.dropped.expired, "dropped (destination away too long)"),
            (self.dropped.shutdown, "dropped (after shutdown)"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}
