//! A list whose copies share its items: a copy costs a pointer per chunk, a change to a shared chunk copies the chunk.

use std::sync::Arc;

/// Items per chunk: few, because a change copies them all; many, because a copy of the list has a pointer per chunk.
const ITEMS: usize = if cfg!(test) { 32 } else { 512 };

/// A list of items by place.
#[derive(Clone, Debug)]
pub(crate) struct Chunks<T> {
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
        }
    }
}

impl<T> Chunks<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        self.chunks.get(place / ITEMS)?.get(place % ITEMS)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }
}

impl<T: Clone> Chunks<T> {
    /// Adds an item at the end.
    pub(crate) fn push(&mut self, item: T) {
        self.len += 1;
        match self.chunks.last_mut() {
            Some(last) if last.len() < ITEMS => Arc::make_mut(last).push(item),
            _ => {
                let mut chunk = Vec::with_capacity(ITEMS);
                chunk.push(item);
                self.chunks.push(Arc::new(chunk));
            }
        }
    }

    /// Removes the items from `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        self.len = len;
        self.chunks.truncate(len.div_ceil(ITEMS));
        let rest = len % ITEMS;
        if let Some(last) = self.chunks.last_mut().filter(|_| rest > 0) {
            Arc::make_mut(last).truncate(rest);
        }
    }

    /// Removes the first items, which must be whole chunks.
    pub(crate) fn remove_first(&mut self, items: usize) {
        debug_assert!(
            items.is_multiple_of(ITEMS) && items <= self.len,
            "whole chunks"
        );
        self.chunks.drain(..(items / ITEMS).min(self.chunks.len()));
        self.len = self.len.saturating_sub(items);
    }

    /// Returns a mutable reference to the item at a place.
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        Arc::make_mut(self.chunks.get_mut(place / ITEMS)?).get_mut(place % ITEMS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stays_as_it_was() {
        let mut list = Chunks::default();
        let count = 3 * ITEMS + 7;
        (0..count).for_each(|item| list.push(item));
        let copy = list.clone();
        for place in [0, ITEMS, count - 1] {
            *list.get_mut(place).unwrap() += 1_000_000;
        }
        list.push(7);
        assert_eq!((list.len(), copy.len()), (count + 1, count));
        assert!(copy.iter().copied().eq(0..count));
        assert_eq!(list.get(ITEMS), Some(&(ITEMS + 1_000_000)));
        assert_eq!((list.get(count), list.get(count + 1)), (Some(&7), None));
        assert!(list.get_mut(count + 1).is_none());
    }

    #[test]
    fn the_first_items_go_and_the_rest_moves_up() {
        let mut list = Chunks::default();
        (0..2 * ITEMS + 3).for_each(|item| list.push(item));
        let copy = list.clone();
        list.remove_first(ITEMS);
        assert!(list.iter().copied().eq(ITEMS..2 * ITEMS + 3));
        assert_eq!(
            (list.len(), list.get(0), copy.len()),
            (ITEMS + 3, Some(&ITEMS), 2 * ITEMS + 3)
        );
    }

    #[test]
    fn what_is_forgotten_is_in_copies_still() {
        for len in [0, 1, ITEMS - 1, ITEMS, ITEMS + 1, 2 * ITEMS, 2 * ITEMS + 5] {
            let mut list = Chunks::default();
            (0..2 * ITEMS + 3).for_each(|item| list.push(item));
            let copy = list.clone();
            list.truncate(len);
            list.push(7);
            let kept = len.min(2 * ITEMS + 3);
            assert!(list.iter().copied().eq((0..kept).chain([7])), "{len}");
            assert_eq!(copy.iter().count(), 2 * ITEMS + 3);
        }
    }
}
