use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use spanloom_exporter::{Limits, SpoolBacklog, SpoolMode, SpoolSettings};
use spanloom_fault_proxy::{FaultProxy, ProxyFault};
use spanloom_testkit::{Sink, SinkAnswer, SinkRequest, StatusCode};

use crate::setup::{PATIENCE, Setup, block_on};

fn spooled(folder: &Path) -> Setup {
    Setup::with(Limits::default(), Some(SpoolSettings::new(folder)))
}

#[test]
fn nothing_is_written_while_all_is_well() {
    let folder = tempfile::tempdir().unwrap();
    let setup = spooled(folder.path());
    setup.spans(5);
    assert!(setup.exporter.shutdown(PATIENCE).is_complete());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_destination_that_comes_back_gets_what_was_spooled() {
    let folder = tempfile::tempdir().unwrap();
    let setup = spooled(folder.path());
    block_on(setup.sink.stop());
    setup.spans(3);
    let kept = setup.exporter.flush(PATIENCE);
    assert_eq!((kept.spooled, kept.queued), (3, 0), "{kept}");
    block_on(setup.sink.restart()).unwrap();
    setup.spans(2);
    let receipt = setup.exporter.flush(PATIENCE);
    assert!(receipt.is_complete() && receipt.is_conserved(), "{receipt}");
    assert_eq!(setup.records().len(), 5);
}

#[test]
fn the_next_process_sends_what_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let setup = spooled(folder.path());
    block_on(setup.sink.stop());
    setup.spans(3);
    let left = setup.exporter.shutdown(PATIENCE);
    assert_eq!(
        (left.spooled, left.queued, left.dropped.total()),
        (3, 0, 0),
        "{left}"
    );

    let Setup { sink, exporter, .. } = setup;
    drop(exporter);
    block_on(sink.restart()).unwrap();
    let next = Setup::to(
        sink,
        Limits::default(),
        Some(SpoolSettings::new(folder.path())),
    );
    next.spans(1);
    let receipt = next.exporter.shutdown(PATIENCE);
    assert_eq!(
        (receipt.received, receipt.recovered, receipt.delivered),
        (1, 3, 4),
        "{receipt}"
    );
    assert_eq!(next.records().len(), 4);
    assert!(receipt.to_string().contains("3 taken over"), "{receipt}");
}

#[test]
fn what_is_always_spooled_is_settled_when_it_is_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = SpoolSettings::new(folder.path());
    settings.mode = SpoolMode::Always;
    let setup = Setup::with(Limits::default(), Some(settings));
    setup.sink.answer_next(StatusCode::SERVICE_UNAVAILABLE);
    setup.spans(100);
    let receipt = setup.exporter.shutdown(PATIENCE);
    assert!(receipt.is_complete(), "{receipt}");
    let destination = fs::read_dir(folder.path()).unwrap().next().unwrap();
    let left: Vec<_> = fs::read_dir(destination.unwrap().path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!left.is_empty(), "its description stays");
    let owners: Vec<_> = left.iter().filter(|path| path.is_dir()).collect();
    assert!(owners.is_empty(), "{owners:?}");
}

#[test]
fn a_queue_that_is_small_overflows_to_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut limits = Limits::default();
    limits.queue_bytes = 40_000;
    limits.batch_age = Duration::ZERO;
    let setup = Setup::with(limits, Some(SpoolSettings::new(folder.path())));
    block_on(setup.sink.stop());
    for _ in 0..30 {
        setup.spans(10);
        assert_eq!(setup.exporter.flush(PATIENCE).delivered, 0);
    }
    let receipt = setup.exporter.receipt();
    assert_eq!(
        (receipt.spooled, receipt.dropped.total()),
        (300, 0),
        "{receipt}"
    );
    block_on(setup.sink.restart()).unwrap();
    assert_eq!(setup.exporter.flush(PATIENCE).delivered, 300);
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_written_costs_only_the_spool() {
    // A file in place of a folder: a folder without permissions would not stop root.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let setup = Setup::with(
        Limits::default(),
        Some(SpoolSettings::new(file.join("spool"))),
    );
    block_on(setup.sink.stop());
    setup.spans(3);
    let kept = setup.exporter.flush(Duration::from_millis(100));
    assert_eq!((kept.spooled, kept.queued), (0, 3), "{kept}");
    block_on(setup.sink.restart()).unwrap();
    assert_eq!(setup.exporter.flush(PATIENCE).delivered, 3);
}

#[test]
fn a_pause_that_the_server_asked_for_is_kept_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let setup = spooled(folder.path());
    let busy = SinkAnswer::status(StatusCode::SERVICE_UNAVAILABLE);
    let long = "1000000000000".parse().unwrap();
    setup
        .sink
        .answer_next_with(busy.with_header("retry-after".parse().unwrap(), long));
    setup.spans(3);
    let kept = setup.exporter.flush(PATIENCE);
    assert_eq!(
        (kept.spooled, setup.sink.requests().len()),
        (3, 1),
        "{kept}"
    );
    let left = setup.exporter.shutdown(PATIENCE);
    assert_eq!(
        (left.spooled, setup.sink.requests().len()),
        (3, 1),
        "{left}"
    );
    let next = Setup::to(
        setup.sink,
        Limits::default(),
        Some(SpoolSettings::new(folder.path())),
    );
    let receipt = next.exporter.flush(PATIENCE);
    assert_eq!((receipt.recovered, receipt.delivered), (3, 3), "{receipt}");
}

#[test]
fn what_was_refused_is_kept_with_the_reason_and_sent_again_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let setup = spooled(folder.path());
    let refusal = SinkAnswer::status(StatusCode::UNPROCESSABLE_ENTITY);
    setup
        .sink
        .answer_always(refusal.with_body(r#"{"detail":"no such field"}"#));
    setup.spans(3);
    let receipt = setup.exporter.shutdown(PATIENCE);
    assert_eq!((receipt.rejected, receipt.spooled), (3, 0), "{receipt}");
    let sent = setup.records().pop().unwrap();

    let left = SpoolBacklog::find(folder.path()).unwrap().pop().unwrap();
    assert_eq!(left.rejected(), 3);
    let text = fs::read_to_string(left.rejected_in()).unwrap();
    let line: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(
        line["reason"],
        r#"HTTP status 422: {"detail":"no such field"}"#
    );
    assert_eq!(line["record"], sent, "as it was sent");

    // The next run leaves the rejected record alone.
    let Setup { sink, exporter, .. } = setup;
    drop(exporter);
    sink.answer_always(SinkAnswer::status(StatusCode::OK).with_body("{}"));
    let before = sink.requests().len();
    let next = Setup::to(
        sink,
        Limits::default(),
        Some(SpoolSettings::new(folder.path())),
    );
    assert_eq!(next.exporter.shutdown(PATIENCE).received, 0);
    assert_eq!(next.sink.requests().len(), before);

    assert_eq!(left.requeue_rejected().unwrap(), 3);
    assert_eq!(left.rejected(), 0);
    let again = left.send(left.destination(None).unwrap()).unwrap();
    let receipt = again.shutdown(PATIENCE);
    assert_eq!((receipt.recovered, receipt.delivered), (3, 3), "{receipt}");
}

#[test]
fn what_is_new_does_not_wait_for_what_was_spooled() {
    let folder = tempfile::tempdir().unwrap();
    let mut limits = Limits::default();
    limits.batch_age = Duration::ZERO;
    limits.batch_spans = 2;
    let sink = Sink::start_on_thread().unwrap();
    let proxy = FaultProxy::start(sink.address()).unwrap();
    let start = |sink| {
        let spool = SpoolSettings::new(folder.path());
        Setup::by_way_of(&proxy.url(), sink, limits, Some(spool))
    };
    block_on(sink.stop());
    let setup = start(sink);
    setup.spans(100);
    let Setup { sink, exporter, .. } = setup;
    assert_eq!(exporter.shutdown(PATIENCE).spooled, 100);
    drop(exporter);

    block_on(sink.restart()).unwrap();
    proxy.fault_next(ProxyFault::HeldAnswer);
    let next = start(sink);
    next.sink.wait_for_blocking(1).unwrap();
    // Fifty requests of old spans, the first of them in progress: the new span takes turns with them.
    next.spans(1);
    proxy.release();
    let receipt = next.exporter.flush(PATIENCE);
    assert_eq!((receipt.recovered, receipt.delivered), (100, 101));
    let requests = next.sink.requests();
    let spans = |request: &SinkRequest| request.json().unwrap()["batch"].as_array().unwrap().len();
    let new = requests.iter().position(|request| spans(request) == 1);
    assert!(new.unwrap() < 5, "{new:?} of {}", requests.len());
}
