//! All faults with figures to test with.

use std::time::Duration;

use http::StatusCode;

use super::{Cut, ProxyFault, RetryAfter};

/// Statuses that a server, a gateway or a proxy may send instead of 200.
const STATUSES: &[u16] = &[
    204, 304, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504,
    507, 599,
];
/// The statuses that are also sent with `retry-after`.
const WITH_RETRY_AFTER: &[u16] = &[408, 413, 429, 500, 502, 503, 504];
const REDIRECTS: &[u16] = &[301, 302, 303, 307, 308];
const GRPC_STATUSES: std::ops::RangeInclusive<u8> = 1..=16;
/// Cuts within the head, at its likely end, and in the body of an ordinary request or answer.
const BYTES: &[usize] = &[1, 16, 64, 200, 1000];
const CUTS: [Cut; 2] = [Cut::Close, Cut::Reset];
const GIB: u64 = 1024 * 1024 * 1024;

impl ProxyFault {
    /// Returns every fault, in more than a hundred rows: faults with figures several times, statuses with and without
    /// `retry-after` (soon, as a date, absurdly far, negative, garbage).
    ///
    /// [`LateAnswer`](Self::LateAnswer) is 2 s late and slow bytes arrive 20 ms apart, so a client needs a shorter
    /// timeout. [`NeverAccept`](Self::NeverAccept) and [`HeldAnswer`](Self::HeldAnswer) last until they are ended.
    #[must_use]
    pub fn matrix() -> Vec<Self> {
        let mut all = hangs();
        all.extend(cuts());
        all.extend(synthetic());
        all.extend(statuses());
        all
    }
}

fn hangs() -> Vec<ProxyFault> {
    let pause = Duration::from_millis(20);
    vec![
        ProxyFault::NeverAccept,
        ProxyFault::ReadNothing,
        ProxyFault::HangAfterHead,
        ProxyFault::HangAfterRequest,
        ProxyFault::HangAfterStatusLine,
        ProxyFault::HangAfterAnswerHead,
        ProxyFault::HangInAnswer,
        ProxyFault::SlowRequest { pause },
        ProxyFault::SlowAnswer { pause },
        ProxyFault::LateAnswer {
            delay: Duration::from_secs(2),
        },
        ProxyFault::HeldAnswer,
        ProxyFault::Duplicate,
    ]
}

fn cuts() -> Vec<ProxyFault> {
    let mut all = vec![
        ProxyFault::CloseAtConnect,
        ProxyFault::ResetAtConnect,
        ProxyFault::HalfCloseAtConnect,
    ];
    for cut in CUTS {
        all.push(ProxyFault::NoAnswer { cut });
        all.push(ProxyFault::CutAnswer { after: 0, cut });
        all.push(ProxyFault::CutAnswerBody { cut });
        all.push(ProxyFault::StaleConnection { cut });
        for &after in BYTES {
            all.push(ProxyFault::CutRequest { after, cut });
        }
        // The proxy's own answers are short: the last cuts would cut nothing off.
        for &after in BYTES.iter().take(3) {
            all.push(ProxyFault::CutAnswer { after, cut });
        }
    }
    all
}

fn synthetic() -> Vec<ProxyFault> {
    vec![
        ProxyFault::HtmlPage,
        ProxyFault::EmptyAnswer,
        ProxyFault::BrokenJson,
        ProxyFault::TruncatedBody,
        ProxyFault::OverlongBody,
        ProxyFault::TwoLengths,
        ProxyFault::UnfinishedChunks,
        ProxyFault::BrokenChunk,
        ProxyFault::EndlessChunks,
        ProxyFault::HugeAnswer { bytes: 10 * GIB },
        ProxyFault::GzipBomb { bytes: 10 * GIB },
        ProxyFault::BrokenGzip,
        ProxyFault::Garbage,
        ProxyFault::TlsAlert,
        ProxyFault::NoHead,
        ProxyFault::SwitchProtocols,
        ProxyFault::EndlessContinue,
        ProxyFault::LongHeader {
            bytes: 16 * 1024 * 1024,
        },
        ProxyFault::ManyHeaders { count: 100_000 },
        ProxyFault::RedirectLoop,
    ]
}

fn statuses() -> Vec<ProxyFault> {
    let mut all: Vec<_> = codes(STATUSES).map(ProxyFault::status).collect();
    for status in codes(WITH_RETRY_AFTER) {
        for retry_after in [
            RetryAfter::Seconds(1),
            RetryAfter::DateIn(Duration::from_secs(2)),
            RetryAfter::Seconds(1_000_000_000_000),
            RetryAfter::Text("-1"),
            RetryAfter::Text("soon"),
        ] {
            all.push(ProxyFault::Status {
                status,
                retry_after: Some(retry_after),
            });
        }
    }
    all.extend(codes(REDIRECTS).map(|status| ProxyFault::Redirect { status }));
    for code in GRPC_STATUSES {
        all.push(ProxyFault::GrpcStatus {
            code,
            retry_delay: None,
        });
    }
    all.push(ProxyFault::GrpcStatus {
        code: 8,
        retry_delay: Some(Duration::from_secs(1)),
    });
    all
}

fn codes(codes: &[u16]) -> impl Iterator<Item = StatusCode> + '_ {
    // All of them are between 100 and 999, so none is lost.
    codes
        .iter()
        .filter_map(|code| StatusCode::from_u16(*code).ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_and_there_are_enough() {
        let names: BTreeSet<String> = ProxyFault::matrix()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names.len(), ProxyFault::matrix().len());
        assert!(names.len() > 100, "{}", names.len());
        let kinds: BTreeSet<_> = ProxyFault::matrix()
            .iter()
            .map(|fault| format!("{:?}", std::mem::discriminant(fault)))
            .collect();
        assert!(kinds.len() >= 40, "{}", kinds.len());
    }

    #[test]
    fn no_status_is_lost() {
        let rows = ProxyFault::matrix();
        let plain = rows.iter().filter(|fault| {
            matches!(
                fault,
                ProxyFault::Status {
                    retry_after: None,
                    ..
                }
            )
        });
        assert_eq!(plain.count(), STATUSES.len());
    }
}
