//! What questions keep about a segment, so that the next one finds it.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// The most things that are kept about a segment.
const MOST: usize = 8;

/// Things of any type about a segment, the newest last. They go with it.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Vec<Arc<dyn Any + Send + Sync>>>);

impl Kept {
    /// Returns what is kept and meets a condition, or makes it.
    pub(crate) fn find_or_make<T: Any + Send + Sync>(
        &self,
        is_wanted: impl Fn(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        if let Some(found) = self.find(is_wanted) {
            return found;
        }
        // Two questions may make the same; both are right.
        let made = Arc::new(make());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(Arc::clone(&made) as Arc<dyn Any + Send + Sync>);
        made
    }

    fn find<T: Any + Send + Sync>(&self, is_wanted: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_type = kept
            .iter()
            .filter_map(|one| Arc::clone(one).downcast().ok());
        let mut of_type = of_type;
        of_type.find(|one| is_wanted(one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_found_and_the_others_made_again() {
        let kept = Kept::default();
        let made = |number: u32| {
            let mut is_new = false;
            kept.find_or_make(
                |one: &u32| *one == number,
                || {
                    is_new = true;
                    number
                },
            );
            is_new
        };
        assert!((1..=8).all(made));
        assert_eq!([1, 9, 1].map(made), [false, true, true]);
    }
}
