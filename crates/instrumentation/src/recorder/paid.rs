//! The responses whose usage has been recorded, so that a response that is fetched again counts nothing.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

/// The number of responses that are remembered, 16 bytes each. A response is fetched within minutes of its end.
const MOST: usize = 4_096;

/// The last responses whose usage has been recorded, by the hash of their id.
#[derive(Debug, Default)]
pub(super) struct Paid {
    hasher: RandomState,
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Paid {
    /// Returns whether the response is shown for the first time, and remembers it.
    pub(super) fn is_first(&mut self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        let is_first = self.known.insert(hash);
        if is_first {
            self.order.push_back(hash);
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        is_first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_first_once_and_memory_is_bounded() {
        let mut paid = Paid::default();
        assert!(paid.is_first("resp_1") && !paid.is_first("resp_1"));
        for number in 0..2 * MOST {
            assert!(paid.is_first(&format!("other_{number}")));
        }
        assert_eq!((paid.known.len(), paid.order.len()), (MOST, MOST));
    }
}
