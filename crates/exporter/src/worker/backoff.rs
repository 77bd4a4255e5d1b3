//! Pauses between tries.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);
/// Longest pause after a try that reached no server: a server that is back is found within it.
const LONGEST_UNREACHABLE: Duration = Duration::from_secs(4);
/// Longest pause a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(300);
/// Retries for each first try, at most, beyond those that the longest pauses allow.
const SHARE: f64 = 0.2;
/// Retries that are free after a healthy period.
const SAVED: f64 = 10.0;

/// The state of retrying: the failures in a row, and the retries that the destination's healthy periods paid for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    /// Tries that reached the destination, or may have.
    tries: u32,
    /// Tries that did not reach it. They are counted separately: a server that is busy after a long absence is not left
    /// alone for long.
    unreached: u32,
    budget: f64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            tries: 0,
            unreached: 0,
            budget: SAVED,
        }
    }
}

impl Backoff {
    /// Notes that a request was decided on.
    pub(super) fn succeeded(&mut self) {
        self.tries = 0;
        self.unreached = 0;
        self.budget = (self.budget + SHARE).min(SAVED);
    }

    /// Returns the pause before the next try: exponential with full jitter, or what the server asked for; the longest
    /// when the budget is spent. `share` is a number in 0..1.
    pub(super) fn failed(&mut self, asked: Option<Duration>, share: f64) -> Duration {
        self.tries = self.tries.saturating_add(1);
        let spent = self.budget < 1.0;
        self.budget = (self.budget - 1.0).max(0.0);
        let full = if spent {
            LONGEST
        } else {
            doubled(self.tries, LONGEST)
        };
        let jittered = full.mul_f64(share);
        match asked {
            Some(asked) => asked.min(LONGEST_ASKED) + jittered.min(FIRST),
            // A spent budget leaves at least half of the longest pause.
            None if spent => (LONGEST / 2) + jittered / 2,
            None => jittered,
        }
    }

    /// Returns the pause after a try that reached no server: exponential with full jitter, and short. The budget is
    /// unchanged, since such a try costs a destination nothing.
    pub(super) fn unreachable(&mut self, share: f64) -> Duration {
        self.unreached = self.unreached.saturating_add(1);
        doubled(self.unreached, LONGEST_UNREACHABLE).mul_f64(share)
    }

    /// Returns whether the last try failed.
    pub(super) fn is_away(&self) -> bool {
        self.tries > 0 || self.unreached > 0
    }
}

/// Returns the first pause, doubled with each try after the first, up to `longest`.
fn doubled(tries: u32, longest: Duration) -> Duration {
    FIRST
        .saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)))
        .min(longest)
}

/// Returns a number in 0..1 from the standard library's randomly seeded hasher.
pub(super) fn random_share() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or(u32::MAX);
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_a_bound() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..9).map(|_| backoff.failed(None, 1.0)).collect();
        let expected = [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000];
        assert_eq!(pauses, expected.map(Duration::from_millis));
        backoff.succeeded();
        assert!(!backoff.is_away());
    }

    #[test]
    fn jitter_is_full_and_random() {
        assert_eq!(Backoff::default().failed(None, 0.0), Duration::ZERO);
        assert_eq!(Backoff::default().failed(None, 0.5), FIRST / 2);
        assert!((0..100).any(|_| (random_share() - random_share()).abs() > 0.01));
        assert!((0..100).all(|_| (0.0..1.0).contains(&random_share())));
    }

    #[test]
    fn a_server_may_ask_for_a_pause_but_not_for_ever() {
        let mut backoff = Backoff::default();
        let asked = Duration::from_secs(5);
        assert_eq!(backoff.failed(Some(asked), 0.0), asked);
        let ages = Duration::from_secs(1_000_000_000_000);
        assert_eq!(backoff.failed(Some(ages), 0.0), LONGEST_ASKED);
    }

    #[test]
    fn tries_that_reach_no_server_are_soon_made_again_and_cost_nothing() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..1_000).map(|_| backoff.unreachable(1.0)).collect();
        let first = [200, 400, 800, 1_600, 3_200, 4_000].map(Duration::from_millis);
        assert_eq!(pauses[..6], first);
        assert!(pauses.iter().all(|pause| *pause <= LONGEST_UNREACHABLE));
        assert_eq!(backoff.unreachable(0.5), LONGEST_UNREACHABLE / 2);
        assert!(backoff.is_away());
        // A server that answers then is treated like one that was never away.
        let mut fresh = Backoff::default();
        for _ in 0..20 {
            assert_eq!(backoff.failed(None, 0.5), fresh.failed(None, 0.5));
        }
        backoff.succeeded();
        assert!(!backoff.is_away());
        assert_eq!(backoff.unreachable(1.0), FIRST);
    }

    #[test]
    fn a_budget_that_is_spent_does_not_slow_tries_that_reach_no_server() {
        let mut backoff = Backoff::default();
        for _ in 0..20 {
            backoff.failed(None, 0.5);
        }
        assert_eq!(backoff.unreachable(1.0), FIRST);
        assert!(backoff.failed(None, 0.0) >= LONGEST / 2);
    }

    #[test]
    fn a_destination_that_fails_every_other_time_gets_few_tries_more() {
        let mut backoff = Backoff::default();
        let quick = |pause: &Duration| *pause < LONGEST / 2;
        let mut pauses = Vec::new();
        for _ in 0..1_000 {
            pauses.push(backoff.failed(None, 0.5));
            backoff.succeeded();
        }
        let quick = pauses.iter().filter(|pause| quick(pause)).count();
        assert!(quick <= 10 + 200 + 1, "{quick} quick tries of 1000");
    }
}
