//! Blocking waits for async code: any number of futures wait by one thread.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::deadline::Deadline;

/// The futures that wait for the same work, and whether a thread does it for them.
pub(crate) struct SharedWait<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    waiting: Vec<Waiting<T>>,
    has_thread: bool,
}

struct Waiting<T> {
    deadline: Deadline,
    answer: oneshot::Sender<T>,
}

impl<T> Default for SharedWait<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            waiting: Vec::new(),
            has_thread: false,
        })))
    }
}

impl<T> fmt::Debug for SharedWait<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedWait").finish_non_exhaustive()
    }
}

impl<T: Clone + Default + Send + 'static> SharedWait<T> {
    /// Waits for `work`, which begins after this call and blocks for at most the time that it is given; the default if it
    /// panics. Needs no runtime. The work of all that wait is the same: any of them may be run for the others.
    pub(crate) async fn wait(
        &self,
        timeout: Duration,
        work: impl Fn(Duration) -> T + Send + 'static,
    ) -> T {
        let (answer, answered) = oneshot::channel();
        let deadline = Deadline::after(timeout);
        if self.needs_thread(Waiting { deadline, answer }) {
            start(&self.0, work);
        }
        answered.await.unwrap_or_default()
    }

    /// Adds one that waits. Returns whether there is no thread yet.
    fn needs_thread(&self, waiting: Waiting<T>) -> bool {
        let mut state = lock(&self.0);
        state.waiting.push(waiting);
        !std::mem::replace(&mut state.has_thread, true)
    }
}

fn start<T>(state: &Arc<Mutex<State<T>>>, work: impl Fn(Duration) -> T + Send + 'static)
where
    T: Clone + Default + Send + 'static,
{
    let of_thread = Arc::clone(state);
    let thread = thread::Builder::new().name("spanloom-wait".to_owned());
    let started = thread.spawn(move || while turn(&of_thread, &work) {});
    if started.is_err() {
        // Those that wait get the default, and the next one tries again.
        let mut state = lock(state);
        state.has_thread = false;
        state.waiting.clear();
    }
}

/// Works once for all that wait now. Returns `false` if there are none.
fn turn<T: Clone + Default>(state: &Mutex<State<T>>, work: impl Fn(Duration) -> T) -> bool {
    let mut locked = lock(state);
    let mut waiting = std::mem::take(&mut locked.waiting);
    waiting.retain(|it| !it.answer.is_closed());
    let Some(shortest) = waiting.iter().map(|it| it.deadline.left()).min() else {
        locked.has_thread = false;
        return false;
    };
    drop(locked);
    let deadline = Deadline::after(shortest);
    let answer = catch_unwind(AssertUnwindSafe(|| work(shortest))).unwrap_or_default();
    // Work that ends before its time has decided for all.
    let is_decided = !deadline.left().is_zero();
    let mut later = Vec::new();
    for it in waiting {
        if is_decided || it.deadline.left().is_zero() {
            drop(it.answer.send(answer.clone()));
        } else {
            later.push(it);
        }
    }
    lock(state).waiting.append(&mut later);
    true
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn those_that_come_meanwhile_share_the_next_turn() {
        let shared = Arc::new(SharedWait::<u32>::default());
        let turns = Arc::new(AtomicU32::new(0));
        let (go, gone) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel::<()>();
        let gone = Mutex::new(gone);
        let counted = Arc::clone(&turns);
        let first = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                // Only the first turn is held up.
                let work = move |_| {
                    let turn = counted.fetch_add(1, Ordering::SeqCst) + 1;
                    if turn == 1 {
                        begin.send(()).unwrap();
                        gone.lock().unwrap().recv().unwrap();
                    }
                    turn
                };
                shared.wait(LONG, work).await
            }
        });
        tokio::task::yield_now().await;
        begun.recv().unwrap();
        let others: Vec<_> = (0..20)
            .map(|_| {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { shared.wait(LONG, |_| 0).await })
            })
            .collect();
        tokio::task::yield_now().await;
        go.send(()).unwrap();
        assert_eq!(first.await.unwrap(), 1);
        for other in others {
            assert_eq!(other.await.unwrap(), 2, "work that began after it");
        }
        assert_eq!(turns.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn each_waits_no_longer_than_it_asked_for() {
        let shared = SharedWait::<u32>::default();
        let blocks = |time: Duration| {
            thread::park_timeout(time);
            1
        };
        assert_eq!(shared.wait(Duration::from_millis(1), blocks).await, 1);
    }

    #[test]
    fn without_a_runtime_and_after_a_panic_it_works_again() {
        let shared = SharedWait::<u32>::default();
        let turns = Arc::new(AtomicU32::new(0));
        let work = || {
            let turns = Arc::clone(&turns);
            move |_| match turns.fetch_add(1, Ordering::SeqCst) {
                0 => std::panic::resume_unwind(Box::new("given up")),
                turn => turn,
            }
        };
        assert_eq!(futures_executor::block_on(shared.wait(LONG, work())), 0);
        assert_eq!(futures_executor::block_on(shared.wait(LONG, work())), 1);
    }
}
