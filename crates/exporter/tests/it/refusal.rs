use std::time::Duration;

use spanloom_testkit::{SinkAnswer, StatusCode};

use crate::setup::{PATIENCE, Setup};

#[test]
fn a_refused_batch_is_halved_until_the_culprit_stands_alone() {
    let setup = Setup::new();
    // The first attempt is postponed, so that all spans are in one batch after it.
    setup.sink.answer_next(StatusCode::SERVICE_UNAVAILABLE);
    setup.sink.answer_next(StatusCode::UNPROCESSABLE_ENTITY);
    setup.spans(4);
    let receipt = setup.exporter.flush(PATIENCE);
    assert_eq!(receipt.delivered + receipt.rejected, 4, "{receipt}");
    assert!(
        receipt.rejected <= 1,
        "at most the one that stood alone: {receipt}"
    );
}

#[test]
fn a_refusal_for_good_is_counted_and_not_repeated() {
    let setup = Setup::new();
    setup
        .sink
        .answer_always(SinkAnswer::status(StatusCode::GONE));
    setup.spans(1);
    let receipt = setup.exporter.flush(PATIENCE);
    assert_eq!((receipt.rejected, receipt.queued), (1, 0), "{receipt}");
    assert_eq!(setup.sink.requests().len(), 1);
}

#[test]
fn a_refused_key_keeps_the_records() {
    let setup = Setup::new();
    setup
        .sink
        .answer_always(SinkAnswer::status(StatusCode::UNAUTHORIZED));
    setup.spans(1);
    setup.sink.wait_for_blocking(1).unwrap();
    let receipt = setup.exporter.flush(Duration::from_millis(50));
    assert_eq!(
        (receipt.queued, receipt.rejected, receipt.dropped.total()),
        (1, 0, 0),
        "{receipt}"
    );
}

#[test]
fn a_server_that_hangs_does_not_hold_a_flush_beyond_its_deadline() {
    let setup = Setup::new();
    setup.sink.answer_always(SinkAnswer::hang());
    setup.spans(1);
    let receipt = setup.exporter.flush(Duration::from_millis(50));
    assert_eq!((receipt.delivered, receipt.queued), (0, 1), "{receipt}");
}
