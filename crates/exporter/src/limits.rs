//! Bounds of a destination.

use std::time::Duration;

/// Bounds of one destination of an exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of spans in memory, including those being sent. Default 32 MiB. Above half of this limit, records go to
    /// the spool, if there is one; above the limit, the newest span is dropped and counted.
    pub queue_bytes: usize,
    /// Spans in one request. Default 512.
    pub batch_spans: usize,
    /// Bytes of one request before compression; a larger span is sent alone. Default 4 MiB.
    pub batch_bytes: usize,
    /// How long a span may wait for more spans to share its request. Default 1 s.
    pub batch_age: Duration,
    /// Bytes of the largest span that is sent. Default 31 MiB, W&B's limit.
    pub span_bytes: usize,
    /// Timeout of one request, from the host lookup to the end of the response. Default 10 s.
    pub request_timeout: Duration,
    /// How long records that are only in memory are retried. Default 1 hour: their bytes are limited already, and a
    /// server on the same machine may well be started late. Spooled records are kept as long as the spool keeps them.
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
