//! Blocking work for async code.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

/// Runs `work`, which blocks for a limited time, on a thread of its own, and returns its result; the default if it panics.
/// It needs no runtime. If the future is dropped, the work goes on.
pub(crate) async fn off_thread<T>(work: impl FnOnce() -> T + Send + 'static) -> T
where
    T: Default + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    // If no thread can be started, the work is done here.
    let work = Arc::new(Mutex::new(Some(work)));
    let given = Arc::clone(&work);
    let take = |work: &Mutex<Option<_>>| work.lock().unwrap_or_else(PoisonError::into_inner).take();
    let started = thread::Builder::new()
        .name("spanloom-wait".to_owned())
        .spawn(move || {
            if let Some(work) = take(&given) {
                drop(sender.send(work()));
            }
        });
    match started {
        Ok(_) => receiver.await.unwrap_or_default(),
        Err(_) => take(&work).map(|work| work()).unwrap_or_default(),
    }
}

/// Permits for a number of threads.
#[derive(Debug)]
pub(crate) struct Permits {
    most: usize,
    taken: Arc<AtomicUsize>,
}

/// A permit for a thread, until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit(Arc<AtomicUsize>);

impl Permits {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }

    /// Returns a permit, if not all are taken.
    pub(crate) fn take(&self) -> Option<Permit> {
        let permit = Permit(Arc::clone(&self.taken));
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        // One that is too much gives itself back.
        (taken < self.most).then_some(permit)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn work_needs_no_runtime_and_outlives_its_future() {
        let (start, started) = mpsc::channel::<()>();
        let (done, is_done) = mpsc::channel();
        {
            let work = pin!(off_thread(move || {
                started.recv().unwrap();
                done.send(()).unwrap();
            }));
            let polled = work.poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(polled, Poll::Pending);
        }
        start.send(()).unwrap();
        is_done.recv().unwrap();
    }

    #[test]
    fn a_permit_that_is_dropped_can_be_taken_again() {
        let permits = Permits::new(2);
        let taken = [permits.take(), permits.take(), permits.take()];
        assert_eq!(taken.iter().flatten().count(), 2);
        drop(taken);
        assert!(permits.take().is_some());
    }

    #[tokio::test]
    async fn a_panic_is_the_default() {
        let panics = || -> u32 { std::panic::resume_unwind(Box::new("given up")) };
        assert_eq!(off_thread(panics).await, 0);
        assert_eq!(off_thread(|| 7).await, 7);
    }
}
