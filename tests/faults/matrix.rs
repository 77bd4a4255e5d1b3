//! Every fault of the proxy, for each protocol, with a spool and without.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use spanloom_exporter::{Account, Limits};
use spanloom_fault_proxy::{FaultProxy, ProxyFault, StatusCode};

use crate::subject::{PATIENCE, Spoken, Subject, Upstream};

const SPANS: usize = 3;
/// How long a flush may take while the fault lasts.
const DEADLINE: Duration = Duration::from_millis(800);
/// How long a shutdown may take while the fault lasts.
const LAST_DEADLINE: Duration = Duration::from_millis(400);

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.request_timeout = Duration::from_millis(250);
    limits.batch_age = Duration::ZERO;
    limits
}

/// Returns whether the answer is a permanent refusal, so that spans may be rejected.
fn refuses(spoken: Spoken, fault: &ProxyFault) -> bool {
    match fault {
        ProxyFault::Status { status, .. } => match (spoken, status.as_u16()) {
            // Statuses that OTLP and Weave's clients retry, and a refused key.
            (_, 401 | 403 | 429 | 502 | 503 | 504) => false,
            (Spoken::Weave, 404 | 405 | 408 | 500 | 501 | 505..) => false,
            (Spoken::Weave | Spoken::Otlp, 200..=299) => false,
            _ => true,
        },
        ProxyFault::GrpcStatus { code, retry_delay } if spoken == Spoken::Grpc => match code {
            1 | 4 | 7 | 10 | 11 | 14 | 15 | 16 => false,
            8 => retry_delay.is_none(),
            _ => true,
        },
        ProxyFault::Redirect { .. } | ProxyFault::RedirectLoop | ProxyFault::SwitchProtocols => {
            true
        }
        _ => false,
    }
}

/// Returns whether unforwarded spans get a status of success, and nothing else in the answer reveals the fault.
fn lies(spoken: Spoken, fault: &ProxyFault) -> bool {
    // A gRPC status is not an HTTP status.
    if spoken == Spoken::Grpc {
        return false;
    }
    match fault {
        ProxyFault::Status { status, .. } => status.is_success() && *status != StatusCode::OK,
        // A protobuf message may be empty, and collectors may send any body.
        ProxyFault::EmptyAnswer
        | ProxyFault::BrokenJson
        | ProxyFault::BrokenGzip
        | ProxyFault::GzipBomb { .. }
        | ProxyFault::EndlessChunks
        | ProxyFault::HugeAnswer { .. }
        | ProxyFault::GrpcStatus { .. } => spoken == Spoken::Otlp,
        ProxyFault::OverlongBody
        | ProxyFault::LongHeader { .. }
        | ProxyFault::ManyHeaders { .. } => true,
        _ => false,
    }
}

/// Spans on their way through a proxy with a fault.
struct Met {
    upstream: Upstream,
    proxy: FaultProxy,
    subject: Subject,
    ids: Vec<String>,
}

impl Met {
    fn new(spoken: Spoken, fault: &ProxyFault, spool: Option<&Path>) -> Self {
        let upstream = Upstream::new(spoken);
        let proxy = FaultProxy::start(upstream.address()).unwrap();
        let subject = Subject::new(spoken, &proxy.url(), limits(), spool);
        proxy.fault_next(fault.clone());
        let ids = subject.spans(SPANS);
        Self {
            upstream,
            proxy,
            subject,
            ids,
        }
    }

    /// Returns how many spans have not arrived.
    fn missing(&self) -> usize {
        let there = self.upstream.arrived();
        self.ids
            .iter()
            .filter(|id| !there.contains_key(*id))
            .count()
    }
}

/// Checks one fault, from the first attempt to the final state of every span.
fn endure(spoken: Spoken, fault: &ProxyFault, spool: Option<&Path>) {
    let what = format!("{fault}, {spoken:?}, spool: {}", spool.is_some());
    let met = Met::new(spoken, fault, spool);
    let (proxy, subject) = (&met.proxy, &met.subject);

    // `flush` returns while the fault lasts.
    let during = subject.exporter.flush(DEADLINE);
    conserved(during.total, &what);

    proxy.release();
    proxy.heal();
    let mut account = subject.exporter.flush(PATIENCE).total;
    conserved(account, &what);
    if account.spooled > 0 {
        // The server asked for a long wait, or the process ends: the next process sends the spool.
        account = subject.exporter.shutdown(PATIENCE).total;
        conserved(account, &what);
        assert_eq!(account.queued, 0, "{what}: {account}");
        let next = Subject::new(spoken, &proxy.url(), limits(), spool);
        let found = next.exporter.flush(PATIENCE);
        assert_eq!(
            found.recovered, account.spooled,
            "{what}: {account}, then {found}"
        );
        account.spooled = 0;
        account.delivered += found.delivered;
        account.rejected += found.rejected;
        account.queued += found.queued;
    }

    let missing = met.missing();
    let lost = usize::try_from(account.rejected + account.queued).unwrap();
    assert_eq!(account.dropped.total(), 0, "{what}: {account}");
    if !refuses(spoken, fault) {
        assert_eq!(account.rejected, 0, "{what}: {account}");
    }
    if !lies(spoken, fault) {
        assert!(
            missing <= lost,
            "{what}: {account}, but {missing} are missing"
        );
        // Spans stay queued only if the server asked for a long pause and there is no spool.
        let asked = matches!(
            fault,
            ProxyFault::Status {
                retry_after: Some(_),
                ..
            }
        );
        assert!(
            account.queued == 0 || (asked && spool.is_none()),
            "{what}: {account}"
        );
    }
    assert_eq!(
        proxy.counts().elsewhere,
        0,
        "{what}: the key went to another origin"
    );
}

/// Checks a shutdown while the fault lasts.
fn leave(spoken: Spoken, fault: &ProxyFault, spool: Option<&Path>) {
    let what = format!("{fault}, {spoken:?}, spool: {}, shut down", spool.is_some());
    let met = Met::new(spoken, fault, spool);

    let mut account = met.subject.exporter.shutdown(LAST_DEADLINE).total;
    conserved(account, &what);
    if spool.is_some() && account.queued > 0 {
        // On a busy machine the spool is written a moment later. Without a spool the spans are tried once more.
        account = met.subject.exporter.shutdown(PATIENCE).total;
        assert_eq!(account.queued, 0, "{what}: {account}");
    }
    conserved(account, &what);
    assert_eq!(account.dropped.total(), 0, "{what}: {account}");
    met.proxy.release();
    let missing = met.missing();
    let elsewhere = account.rejected + account.spooled + account.queued;
    assert!(
        lies(spoken, fault) || missing <= usize::try_from(elsewhere).unwrap(),
        "{what}: {account}, but {missing} are missing"
    );
}

fn conserved(receipt: Account, what: &str) {
    assert!(receipt.is_conserved(), "{what}: {receipt:?}");
}

type Wait = fn(Spoken, &ProxyFault, Option<&Path>);

/// Runs all rows, several at a time: most of them only wait.
fn endure_all(spoken: Spoken, spooled: bool) {
    let waits: [Wait; 2] = [endure, leave];
    let faults = ProxyFault::matrix().into_iter();
    let rows: Vec<(ProxyFault, Wait)> = faults
        .flat_map(|fault| waits.map(|wait| (fault.clone(), wait)))
        .collect();
    assert!(rows.len() >= 200, "{} rows", rows.len());
    let rows = Mutex::new(rows);
    let next = || rows.lock().unwrap().pop();
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Some((fault, wait)) = next() {
                    let folder = tempfile::tempdir().unwrap();
                    wait(spoken, &fault, spooled.then(|| folder.path()));
                }
            });
        }
    });
}

#[test]
fn records_survive_every_fault_with_a_spool() {
    endure_all(Spoken::Weave, true);
}

#[test]
fn records_survive_every_fault_in_memory() {
    endure_all(Spoken::Weave, false);
}

#[test]
fn otlp_survives_every_fault_with_a_spool() {
    endure_all(Spoken::Otlp, true);
}

#[test]
fn otlp_survives_every_fault_in_memory() {
    endure_all(Spoken::Otlp, false);
}

#[test]
fn grpc_survives_every_fault_with_a_spool() {
    endure_all(Spoken::Grpc, true);
}

#[test]
fn grpc_survives_every_fault_in_memory() {
    endure_all(Spoken::Grpc, false);
}
