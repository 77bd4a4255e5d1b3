//! Pauses between tries.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);
/// Longest pause a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// The pause before try number `tries + 1`: exponential with full jitter, or what the server asked for.
pub(super) fn pause(tries: u32, asked: Option<Duration>) -> Duration {
    let full = FIRST
        .saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)))
        .min(LONGEST);
    let jittered = full.mul_f64(share());
    asked.map_or(jittered, |asked| {
        asked.min(LONGEST_ASKED) + jittered.min(FIRST)
    })
}

/// A number in 0..1 from the standard library's randomly seeded hasher.
fn share() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or(u32::MAX);
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ() {
        for tries in 1..100 {
            assert!(pause(tries, None) <= LONGEST);
        }
        assert!((0..100).any(|_| pause(1, None) != pause(1, None)));
        assert!(pause(1, None) <= FIRST);
        let asked = Duration::from_secs(5);
        assert!(pause(9, Some(asked)) >= asked);
        assert!(pause(1, Some(Duration::from_secs(1_000_000))) <= LONGEST_ASKED + FIRST);
    }
}
