//! Whether a starting span is ours.

use std::cell::Cell;

thread_local! {
    static STARTING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `start`, which starts one of our spans that a recorder will finish: processors may check [`is_starting`]. The
/// context could carry this too, but a value there costs two allocations for each call.
pub(crate) fn starting<T>(start: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            STARTING.set(false);
        }
    }
    STARTING.set(true);
    // The service's sampler or processor may panic.
    let _reset = Reset;
    start()
}

/// Returns whether the span being started on this thread is one of ours.
pub(crate) fn is_starting() -> bool {
    STARTING.get()
}
