//! What questions keep about a segment, so that the next one finds it.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// The most weight that is kept about a segment.
const MOST: usize = 96;

/// Things of any type about a segment, each with its weight, the last used last. They go with the segment.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Vec<(usize, Arc<dyn Any + Send + Sync>)>>);

impl Kept {
    /// Returns what is kept and meets a condition.
    pub(crate) fn find<T: Any + Send + Sync>(
        &self,
        is_wanted: impl Fn(&T) -> bool,
    ) -> Option<Arc<T>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_type = |one: &(usize, Arc<dyn Any + Send + Sync>)| {
            let one: Option<Arc<T>> = Arc::clone(&one.1).downcast().ok();
            one.filter(|one| is_wanted(one))
        };
        let at = kept.iter().position(|one| of_type(one).is_some())?;
        let found = kept.remove(at);
        let of = of_type(&found);
        kept.push(found);
        of
    }

    /// Keeps a thing, and forgets what was not used for longest if all is too heavy.
    pub(crate) fn keep<T: Any + Send + Sync>(&self, weight: usize, thing: Arc<T>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((weight, thing));
        while kept.len() > 1 && weigh(&kept) > MOST {
            kept.remove(0);
        }
    }

    /// Returns the weight of all that is kept.
    pub(crate) fn weight(&self) -> usize {
        weigh(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn weigh(kept: &[(usize, Arc<dyn Any + Send + Sync>)]) -> usize {
    kept.iter().map(|(weight, _)| weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_is_forgotten() {
        let kept = Kept::default();
        let is_there = |number: u32| kept.find(|one: &u32| *one == number).is_some();
        for number in 1..=4 {
            assert!(!is_there(number));
            kept.keep(MOST / 4, Arc::new(number));
        }
        assert!(is_there(1));
        kept.keep(MOST / 4, Arc::new(5_u32));
        assert_eq!(
            [1, 2, 3, 4, 5].map(is_there),
            [true, false, true, true, true]
        );
        kept.keep(MOST + 1, Arc::new(6_u32));
        assert_eq!([5, 6].map(is_there), [false, true]);
        assert_eq!(kept.weight(), MOST + 1);
    }
}
