//! The copy of an answer's bytes: pieces of memory that are used again.
//!
//! A stream comes in hundreds of small frames. Copied into one growing buffer they would be moved each time it grows,
//! into memory that is fresh from the system and must be mapped first: that costs more than all else the caller's
//! thread does for a frame. So the frames fill pieces of one size, which the recorder gives back.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Size of a piece, in bytes: what a stream in flight holds at least, out of the recorder's budget.
const PIECE: usize = 8 << 10;
/// Pieces that wait to be used again: 1 MiB.
const POOLED: usize = 128;

/// Pieces that nobody uses at the moment.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Vec<u8>>>);

impl Pool {
    fn free(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<u8> {
        let free = self.free().pop();
        free.unwrap_or_else(|| Vec::with_capacity(PIECE))
    }

    /// Takes a piece back; any other buffer is let go.
    pub(crate) fn give_back(&self, mut piece: Vec<u8>) {
        if piece.capacity() != PIECE {
            return;
        }
        piece.clear();
        let mut free = self.free();
        if free.len() < POOLED {
            free.push(piece);
        }
    }
}

/// Bytes in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pieces: Vec<Vec<u8>>,
    len: usize,
    held: usize,
}

impl Kept {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of memory it holds.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held
    }

    /// How many bytes more it will hold once `more` bytes are added: 0 while they fit in the last piece. A frame of a
    /// `stream` is followed by others of its kind; one of another body stands alone, as does a large one.
    pub(crate) fn growth(&self, more: usize, stream: bool) -> usize {
        let room = self
            .pieces
            .last()
            .map_or(0, |piece| piece.capacity() - piece.len());
        match more {
            _ if more <= room => 0,
            _ if stream && more <= PIECE => PIECE,
            _ => more,
        }
    }

    /// Adds bytes; `growth` is what [`Kept::growth`] said.
    pub(crate) fn push(&mut self, bytes: &[u8], growth: usize, pool: &Pool) {
        self.len += bytes.len();
        if growth == 0 {
            if let Some(last) = self.pieces.last_mut() {
                last.extend_from_slice(bytes);
            }
            return;
        }
        let mut piece = match growth {
            PIECE => pool.take(),
            _ => Vec::with_capacity(growth),
        };
        piece.extend_from_slice(bytes);
        self.held += growth;
        self.pieces.push(piece);
    }

    /// All of it in one buffer; the pieces go back to the pool.
    pub(crate) fn join(&mut self, pool: &Pool) -> Vec<u8> {
        let mut pieces = std::mem::take(self).pieces;
        if pieces.len() < 2 {
            return pieces.pop().unwrap_or_default();
        }
        let whole = pieces.concat();
        pieces.into_iter().for_each(|piece| pool.give_back(piece));
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(frames: &[&[u8]], stream: bool, pool: &Pool) -> Kept {
        let mut kept = Kept::default();
        for frame in frames {
            let growth = kept.growth(frame.len(), stream);
            let before = kept.held_bytes();
            kept.push(frame, growth, pool);
            assert_eq!(kept.held_bytes(), before + growth, "what was announced");
        }
        kept
    }

    #[test]
    fn pieces_are_used_again() {
        let pool = Pool::default();
        let frame = [7; 3_000];
        let mut first = kept(&[&frame[..]; 5], true, &pool);
        assert_eq!((first.len(), first.pieces.len()), (15_000, 3));
        assert_eq!(first.join(&pool), [7; 15_000]);
        assert_eq!((first.len(), first.held_bytes()), (0, 0));
        assert_eq!(pool.free().len(), 3);
        let second = kept(&[&frame[..]; 2], true, &pool);
        assert_eq!((pool.free().len(), second.held_bytes()), (2, PIECE));
    }

    #[test]
    fn a_body_in_one_frame_holds_no_more_than_its_length() {
        let pool = Pool::default();
        let mut whole = kept(&[b"0123456789"], false, &pool);
        assert_eq!(whole.held_bytes(), 10);
        let body = whole.join(&pool);
        assert_eq!(body, b"0123456789");
        pool.give_back(body);
        assert_eq!(pool.free().len(), 0, "not a piece");
        let large = vec![1; PIECE + 1];
        assert_eq!(kept(&[&large], true, &pool).held_bytes(), PIECE + 1);
    }

    #[test]
    fn the_pool_is_bounded() {
        let pool = Pool::default();
        for _ in 0..POOLED + 10 {
            pool.give_back(Vec::with_capacity(PIECE));
        }
        assert_eq!(pool.free().len(), POOLED);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_or_moved(frames: Vec<Vec<u8>>, stream: bool) {
            let pool = Pool::default();
            let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
            let mut kept = kept(&frames, stream, &pool);
            proptest::prop_assert_eq!(kept.len(), frames.concat().len());
            proptest::prop_assert_eq!(kept.join(&pool), frames.concat());
        }
    }
}
