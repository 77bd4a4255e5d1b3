//! The schedule of faults: a queue for tests and a plan for long runs.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use super::fault::{Fault, Kind};
use super::seed::Seed;
use crate::lock::lock;

/// Faults by the number of the request: the same run fails in the same places every time.
///
/// Only first attempts are counted: each rule counts the requests that its fault fits. The retry of a request that a
/// fault has just rejected (the next request with the same body) is neither counted nor failed, so that a planned 429
/// costs one attempt and never a whole call.
///
/// ```
/// use std::time::Duration;
/// use spanloom_testkit::{Fault, FaultPlan, ModelServer};
///
/// let plan = FaultPlan::new()
///     .with_every(7, Fault::RateLimited { retry_after: Some(Duration::ZERO) })
///     .with_at(20, Fault::CutStream { after_chunks: 5 });
/// let server = ModelServer::builder().with_fault_plan(plan);
/// # drop(server);
/// ```
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    when: When,
    fault: Fault,
    counted: u64,
}

#[derive(Clone, Copy, Debug)]
enum When {
    Every(u64),
    At(u64),
}

impl FaultPlan {
    /// Returns a plan without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fails every `period`-th request that the fault fits: 7 means the 7th, the 14th and so on, 0 means none.
    #[must_use]
    pub fn with_every(self, period: u64, fault: Fault) -> Self {
        self.with(When::Every(period), fault)
    }

    /// Fails one request: the `number`-th that the fault fits, counted from 1.
    #[must_use]
    pub fn with_at(self, number: u64, fault: Fault) -> Self {
        self.with(When::At(number), fault)
    }

    fn with(mut self, when: When, fault: Fault) -> Self {
        self.rules.push(Rule {
            when,
            fault,
            counted: 0,
        });
        self
    }

    /// Returns the fault of the next request. Every rule counts the request, even when an earlier rule applies.
    fn next(&mut self, kind: Kind) -> Option<Fault> {
        let mut due = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.fault.fits(kind)) {
            if rule.is_due() && due.is_none() {
                due = Some(rule.fault.clone());
            }
        }
        due
    }
}

impl Rule {
    fn is_due(&mut self) -> bool {
        self.counted = self.counted.saturating_add(1);
        match self.when {
            When::Every(0) => false,
            When::Every(period) => self.counted.is_multiple_of(period),
            When::At(number) => self.counted == number,
        }
    }
}

/// The faults that are still to come.
#[derive(Debug)]
pub(super) struct Faults(Mutex<State>);

#[derive(Debug)]
struct State {
    queue: VecDeque<Fault>,
    plan: FaultPlan,
    /// Rejected bodies whose retry has not arrived yet.
    expected: HashMap<u64, u32>,
}

impl Faults {
    pub(super) fn new(plan: FaultPlan) -> Self {
        Self(Mutex::new(State {
            queue: VecDeque::new(),
            plan,
            expected: HashMap::new(),
        }))
    }

    pub(super) fn push(&self, fault: Fault) {
        lock(&self.0).queue.push_back(fault);
    }

    pub(super) fn pending(&self) -> usize {
        lock(&self.0).queue.len()
    }

    /// Returns the fault of this request: the first in the queue that fits, or else the plan's.
    pub(super) fn take(&self, kind: Kind, body: &[u8]) -> Option<Fault> {
        let mut state = lock(&self.0);
        let body = Seed::new(0).mix(body).number();
        let is_retry = state.was_expected(body);
        let queued = state
            .queue
            .iter()
            .position(|fault| fault.fits(kind))
            .and_then(|at| state.queue.remove(at));
        let planned = if is_retry {
            None
        } else {
            state.plan.next(kind)
        };
        let fault = queued.or(planned)?;
        if fault.invites_retry() {
            *state.expected.entry(body).or_default() += 1;
        }
        Some(fault)
    }
}

impl State {
    fn was_expected(&mut self, body: u64) -> bool {
        let Some(count) = self.expected.get_mut(&body) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            self.expected.remove(&body);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMITED: Fault = Fault::RateLimited {
        retry_after: Some(Duration::ZERO),
    };
    const CUT: Fault = Fault::CutStream { after_chunks: 1 };

    #[test]
    fn a_plan_fails_first_attempts_by_their_number_and_spares_the_retry() {
        let faults = Faults::new(FaultPlan::new().with_every(3, LIMITED));
        let bodies = [b"1", b"2", b"3", b"3", b"4", b"5", b"6", b"6", b"7"];
        let failed: Vec<bool> = bodies
            .iter()
            .map(|body| faults.take(Kind::Chat, *body).is_some())
            .collect();
        assert_eq!(
            failed,
            [false, false, true, false, false, false, true, false, false]
        );
    }

    #[test]
    fn the_fault_of_a_stream_waits_for_a_stream() {
        let faults = Faults::new(FaultPlan::new().with_at(1, CUT));
        faults.push(CUT);
        faults.push(Fault::NoUsage);
        assert_eq!(faults.take(Kind::Chat, b"a"), Some(Fault::NoUsage));
        assert_eq!(faults.take(Kind::StreamedChat, b"b"), Some(CUT));
        assert_eq!(faults.pending(), 0);
        assert_eq!(
            faults.take(Kind::StreamedChat, b"c"),
            None,
            "the plan counted the stream that the queue failed"
        );
    }
}
