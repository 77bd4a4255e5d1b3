//! Waiting for parts that know no deadline.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Runs `work` and waits for it, `timeout` at the longest. Work that takes longer goes on, on a thread of its own: the
/// stock exporters end by themselves, after the 10 seconds they give a request by default.
pub(crate) fn within(timeout: Duration, work: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel::<()>();
    let thread = thread::Builder::new().name("spanloom-flush".to_owned());
    let started = thread.spawn(move || {
        work();
        drop(done);
    });
    if started.is_ok() {
        // Ends when the sender is gone, which a panic sees to as well.
        let _ended_or_late = finished.recv_timeout(timeout);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::time::Instant;

    use super::*;

    #[test]
    fn work_that_ends_is_waited_for() {
        let (sender, receiver) = mpsc::channel();
        within(Duration::from_secs(60), move || sender.send(7).unwrap());
        assert_eq!(receiver.try_recv(), Ok(7));
    }

    #[test]
    fn work_that_does_not_end_is_left_behind() {
        let barrier = Arc::new(Barrier::new(2));
        let inside = Arc::clone(&barrier);
        let begun = Instant::now();
        within(Duration::from_millis(1), move || {
            inside.wait();
        });
        assert!(begun.elapsed() >= Duration::from_millis(1));
        barrier.wait();
    }

    #[test]
    fn a_panic_ends_the_wait() {
        within(Duration::from_secs(60), || panic!("of a processor"));
    }
}
