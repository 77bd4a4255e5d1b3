//! What an answer means for the records of a request.
//!
//! Sources: the retry tables of the OTLP specification (1.9: failures over HTTP and gRPC), and W&B's own client (weave
//! 0.54), which retries 429 and every 5xx, and halves requests that are too large or refused.

use std::time::Duration;

/// What to do with the records of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The records are stored, except for the number that the destination refused.
    Delivered { rejected: u64 },
    /// Try again, after the pause the server asked for.
    Retry(Option<Duration>),
    /// Something in the request is refused: halve it to find out what.
    Split,
    /// The key is refused: the records are good and kept, but trying soon is useless.
    Unauthorized,
    /// A proxy on the way refuses us; the destination has not seen the records.
    Proxy,
    /// The server does not know this form of request.
    Unsupported,
    /// The next request has another form, which the server may know.
    RetryAsParts,
    /// Refused for good.
    Rejected,
}

/// The protocol of a retry table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Weave,
    Otlp,
}

/// Returns the verdict for an HTTP status.
pub(crate) fn of_status(table: Table, status: u16, retry_after: Option<Duration>) -> Verdict {
    match (status, table) {
        (200..=299, _) => Verdict::Delivered { rejected: 0 },
        (401 | 403, _) => Verdict::Unauthorized,
        // Not in OTLP's table, as no destination sends it.
        (407, _) => Verdict::Proxy,
        // Too large, or something in the request cannot be read.
        (400 | 413 | 422, _) => Verdict::Split,
        (429 | 502..=504, _) => Verdict::Retry(retry_after),
        // Weave's clients retry every 5xx; OTLP's do not, as it specifies what may be retried.
        (408 | 500 | 505..=599, Table::Weave) => Verdict::Retry(retry_after),
        (404 | 405 | 501, Table::Weave) => Verdict::Unsupported,
        _ => Verdict::Rejected,
    }
}

/// Returns the verdict for a gRPC status code; `retry_info` is the pause that the server asked for in its details.
pub(crate) fn of_grpc(code: u32, retry_info: Option<Duration>) -> Verdict {
    match code {
        0 => Verdict::Delivered { rejected: 0 },
        // CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS
        1 | 4 | 10 | 11 | 14 | 15 => Verdict::Retry(retry_info),
        // RESOURCE_EXHAUSTED: retry only if the server names a time; else the request is too large for it.
        8 if retry_info.is_some() => Verdict::Retry(retry_info),
        // INVALID_ARGUMENT: something in the request.
        3 | 8 => Verdict::Split,
        // PERMISSION_DENIED, UNAUTHENTICATED
        7 | 16 => Verdict::Unauthorized,
        // UNKNOWN, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, UNIMPLEMENTED, INTERNAL, and unknown codes
        _ => Verdict::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELIVERED: Verdict = Verdict::Delivered { rejected: 0 };
    const AGAIN: Verdict = Verdict::Retry(None);

    #[test]
    fn every_status_of_otlp_has_its_row() {
        for status in 100..=599 {
            let expected = match status {
                200..=299 => DELIVERED,
                429 | 502 | 503 | 504 => AGAIN,
                400 | 413 | 422 => Verdict::Split,
                401 | 403 => Verdict::Unauthorized,
                407 => Verdict::Proxy,
                _ => Verdict::Rejected,
            };
            assert_eq!(of_status(Table::Otlp, status, None), expected, "{status}");
        }
    }

    #[test]
    fn every_status_of_weave_has_its_row() {
        for status in 100..=599 {
            let expected = match status {
                200..=299 => DELIVERED,
                404 | 405 | 501 => Verdict::Unsupported,
                408 | 429 | 500 | 502..=599 => AGAIN,
                400 | 413 | 422 => Verdict::Split,
                401 | 403 => Verdict::Unauthorized,
                407 => Verdict::Proxy,
                _ => Verdict::Rejected,
            };
            assert_eq!(of_status(Table::Weave, status, None), expected, "{status}");
        }
    }

    #[test]
    fn every_grpc_code_has_its_row() {
        let rows = [
            (0, "OK", DELIVERED),
            (1, "CANCELLED", AGAIN),
            (2, "UNKNOWN", Verdict::Rejected),
            (3, "INVALID_ARGUMENT", Verdict::Split),
            (4, "DEADLINE_EXCEEDED", AGAIN),
            (5, "NOT_FOUND", Verdict::Rejected),
            (6, "ALREADY_EXISTS", Verdict::Rejected),
            (7, "PERMISSION_DENIED", Verdict::Unauthorized),
            (8, "RESOURCE_EXHAUSTED", Verdict::Split),
            (9, "FAILED_PRECONDITION", Verdict::Rejected),
            (10, "ABORTED", AGAIN),
            (11, "OUT_OF_RANGE", AGAIN),
            (12, "UNIMPLEMENTED", Verdict::Rejected),
            (13, "INTERNAL", Verdict::Rejected),
            (14, "UNAVAILABLE", AGAIN),
            (15, "DATA_LOSS", AGAIN),
            (16, "UNAUTHENTICATED", Verdict::Unauthorized),
            (17, "none", Verdict::Rejected),
        ];
        for (code, name, verdict) in rows {
            assert_eq!(of_grpc(code, None), verdict, "{name}");
        }
    }

    #[test]
    fn servers_may_name_the_time() {
        let when = Some(Duration::from_secs(7));
        for status in [429, 502, 503, 504] {
            assert_eq!(of_status(Table::Otlp, status, when), Verdict::Retry(when));
            assert_eq!(of_status(Table::Weave, status, when), Verdict::Retry(when));
        }
        // With RetryInfo, and only with it.
        assert_eq!(of_grpc(8, when), Verdict::Retry(when));
        assert_eq!(of_grpc(14, when), Verdict::Retry(when));
        assert_eq!(of_grpc(13, when), Verdict::Rejected);
    }
}
