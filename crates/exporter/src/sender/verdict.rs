//! What an answer means for a batch. Source: OTLP's retry table, and the Weave client's halving of refused batches.

use std::time::Duration;

use reqwest::StatusCode;

/// What to do with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is stored.
    Delivered,
    /// Try again, after what the server asked for.
    Retry(Option<Duration>),
    /// Something in it is refused: halve it to find out what.
    Split,
    /// The key or the address is refused: the records are good and kept, but trying soon is useless.
    Unauthorized,
    /// Refused for good.
    Rejected,
}

pub(super) fn verdict(status: StatusCode, retry_after: Option<Duration>) -> Verdict {
    match status.as_u16() {
        200..=299 => Verdict::Delivered,
        401 | 403 => Verdict::Unauthorized,
        // 500 is among them for Weave's API, whose clients retry every 5xx; for OTLP it would not be.
        408 | 429 | 500 | 502 | 503 | 504 => Verdict::Retry(retry_after),
        400 | 413 | 422 => Verdict::Split,
        _ => Verdict::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_row() {
        let of = |status: u16| verdict(StatusCode::from_u16(status).unwrap(), None);
        for status in [200, 201, 204] {
            assert_eq!(of(status), Verdict::Delivered, "{status}");
        }
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(of(status), Verdict::Retry(None), "{status}");
        }
        for status in [400, 413, 422] {
            assert_eq!(of(status), Verdict::Split, "{status}");
        }
        for status in [401, 403] {
            assert_eq!(of(status), Verdict::Unauthorized, "{status}");
        }
        for status in [301, 302, 404, 405, 409, 410, 501, 505] {
            assert_eq!(of(status), Verdict::Rejected, "{status}");
        }
    }
}
