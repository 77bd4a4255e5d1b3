//! Bounded waits for work without its own deadline.

use std::mem;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The end of a wait; `at` is `None` for a wait without an end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    timeout: Duration,
    at: Option<Instant>,
}

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Self {
        Self {
            timeout,
            at: Instant::now().checked_add(timeout),
        }
    }

    pub(crate) fn left(self) -> Duration {
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        self.at.map_or(self.timeout, left)
    }
}

/// Work that has outlived its deadline, each on its own thread.
#[derive(Debug, Default)]
pub(crate) struct BoundedWork(Mutex<Vec<Receiver<()>>>);

impl BoundedWork {
    /// Runs `work` on a new thread and waits for it, for at most `timeout`. Work that takes longer continues on its
    /// thread; until it ends, no further work is started, so that repeated calls do not pile up threads.
    pub(crate) fn wait(&self, timeout: Duration, work: impl FnOnce() + Send + 'static) {
        let deadline = Deadline::after(timeout);
        let left = || deadline.left();
        let running = mem::take(&mut *self.running());
        let (late, _) = running
            .into_iter()
            .partition::<Vec<_>, _>(|running| is_late(running, left()));
        if late.is_empty() {
            if let Some(running) = start(work).filter(|running| is_late(running, left())) {
                self.running().push(running);
            }
        } else {
            self.running().extend(late);
        }
    }

    fn running(&self) -> MutexGuard<'_, Vec<Receiver<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work` as [`BoundedWork::wait`] does, but without regard to earlier work.
pub(crate) fn run_for(timeout: Duration, work: impl FnOnce() + Send + 'static) {
    let _late = start(work).is_some_and(|running| is_late(&running, timeout));
}

/// Starts `work` on a thread and returns a receiver that disconnects when the work ends, even by a panic; `None` if no
/// thread could be started. The stock exporters end by themselves after their default request timeout of 10 seconds.
fn start(work: impl FnOnce() + Send + 'static) -> Option<Receiver<()>> {
    let (done, running) = mpsc::channel::<()>();
    let thread = thread::Builder::new().name("spanloom-flush".to_owned());
    let started = thread.spawn(move || {
        work();
        drop(done);
    });
    started.ok().map(|_| running)
}

fn is_late(running: &Receiver<()>, timeout: Duration) -> bool {
    running.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};

    use super::*;

    #[test]
    fn work_that_ends_is_waited_for() {
        let (sender, receiver) = mpsc::channel();
        run_for(Duration::from_secs(60), move || sender.send(7).unwrap());
        assert_eq!(receiver.try_recv(), Ok(7));
    }

    #[test]
    fn work_that_does_not_end_is_left_behind() {
        let barrier = Arc::new(Barrier::new(2));
        let inside = Arc::clone(&barrier);
        let begun = Instant::now();
        run_for(Duration::from_millis(1), move || {
            inside.wait();
        });
        assert!(begun.elapsed() >= Duration::from_millis(1));
        barrier.wait();
    }

    #[test]
    fn work_that_is_late_is_not_added_to() {
        let work_under_way = BoundedWork::default();
        let barrier = Arc::new(Barrier::new(2));
        let inside = Arc::clone(&barrier);
        let soon = Duration::from_millis(1);
        work_under_way.wait(soon, move || {
            inside.wait();
        });
        let (sender, receiver) = mpsc::channel();
        let again = sender.clone();
        work_under_way.wait(soon, move || again.send(1).unwrap());
        assert!(receiver.try_recv().is_err(), "the first is still at it");
        assert_eq!(work_under_way.running().len(), 1);
        barrier.wait();
        work_under_way.wait(Duration::from_secs(60), move || sender.send(2).unwrap());
        assert_eq!(receiver.try_recv(), Ok(2));
        assert_eq!(work_under_way.running().len(), 0);
    }

    #[test]
    fn a_wait_may_have_no_end() {
        let forever = Deadline::after(Duration::MAX);
        assert_eq!(forever.left(), Duration::MAX);
        BoundedWork::default().wait(Duration::MAX, || {});
    }

    #[test]
    fn a_panic_ends_the_wait() {
        run_for(Duration::from_secs(60), || panic!("of a processor"));
    }
}
