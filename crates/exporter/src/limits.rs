//! Bounds of a destination.

use std::time::Duration;

/// Bounds of one destination of an exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of spans in memory, those being sent included. Default 32 MiB. Beyond half of it records go to the spool, if
    /// there is one; beyond it the newest is dropped, and counted.
    pub queue_bytes: usize,
    /// Spans in one request. Default 512.
    pub batch_spans: usize,
    /// Bytes of one request before compression; a larger span goes alone. Default 4 MiB.
    pub batch_bytes: usize,
    /// How long a span may wait for others to be sent with. Default 1 s.
    pub batch_age: Duration,
    /// Bytes of the largest span that is sent at all. Default 31 MiB, W&B's limit.
    pub span_bytes: usize,
    /// Time for one request, from looking its host up to the end of the answer. Default 10 s.
    pub request_timeout: Duration,
    /// How long records are tried again that are in memory only. Default 1 hour: what is kept is bounded by its bytes
    /// already, and a server on the same machine may well be started late. What is spooled is kept as long as the spool
    /// keeps it.
    pub give_up_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_bytes: 32 << 20,
            batch_spans: 512,
            batch_bytes: 4 << 20,
            batch_age: Duration::from_secs(1),
            span_bytes: 31 << 20,
            request_timeout: Duration::from_secs(10),
            give_up_after: Duration::from_secs(3_600),
        }
    }
}
