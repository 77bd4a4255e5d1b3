//! Which of the spans that start are ours.

use std::cell::Cell;

thread_local! {
    static STARTING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `start`, which starts a span of ours that a recorder will finish: processors may ask [`is_starting`]. The
/// context could say it too, but a value there costs two allocations for each call.
pub(crate) fn starting<T>(start: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            STARTING.set(false);
        }
    }
    STARTING.set(true);
    // A sampler or processor of the service's may panic.
    let _reset = Reset;
    start()
}

/// Whether the span that is being started on this thread is one of ours.
pub(crate) fn is_starting() -> bool {
    STARTING.get()
}
