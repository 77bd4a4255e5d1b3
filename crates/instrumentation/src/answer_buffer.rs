//! The copy of an answer's bytes, in reusable chunks of memory.
//!
//! A stream arrives in hundreds of small frames. In one growing buffer they would be moved each time it grows, into
//! fresh memory that the system must map first: that costs more than everything else the caller's thread does for a
//! frame. So the frames fill chunks of one size, which the recorder gives back.
//!
//! An answer that does not fit is cut: only its end is kept, for the tokens and the finish reason in it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The size of a chunk, in bytes: the least that a stream in flight holds of the recorder's budget.
const CHUNK: usize = 8 << 10;
/// The minimum number of trailing bytes kept of a cut answer.
const END: usize = CHUNK / 2;
/// The maximum number of chunks in the pool: 1 MiB.
const POOLED: usize = 128;

/// Chunks that are not in use.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Vec<u8>>>);

impl Pool {
    fn free(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<u8> {
        let free = self.free().pop();
        free.unwrap_or_else(|| Vec::with_capacity(CHUNK))
    }

    /// Takes a chunk back; drops any other buffer.
    pub(crate) fn give_back(&self, mut chunk: Vec<u8>) {
        if chunk.capacity() != CHUNK {
            return;
        }
        chunk.clear();
        let mut free = self.free();
        if free.len() < POOLED {
            free.push(chunk);
        }
    }
}

/// The received bytes, in order.
#[derive(Debug, Default)]
pub(crate) struct AnswerBuffer {
    chunks: Vec<Vec<u8>>,
    len: usize,
    held: usize,
    /// Whether only the end is kept.
    cut: bool,
}

impl AnswerBuffer {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the bytes of memory that the buffer holds.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held
    }

    /// Returns whether only the end is kept.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Drops everything but the end: at least the last [`END`] bytes of past and future data, in one chunk.
    pub(crate) fn keep_tail(&mut self, pool: &Pool) {
        let Self { chunks, held, .. } = std::mem::take(self);
        (self.cut, self.held) = (true, held.min(CHUNK));
        let (last, rest) = (chunks.last(), chunks.len().saturating_sub(2));
        let before = chunks.get(rest).filter(|_| chunks.len() > 1);
        let mut end = Vec::with_capacity(self.held);
        for bytes in [before, last].into_iter().flatten() {
            slide(&mut end, bytes);
        }
        self.len = end.len();
        self.chunks.push(end);
        chunks.into_iter().for_each(|chunk| pool.give_back(chunk));
    }

    /// Returns how many more bytes the buffer will hold once `more` bytes are added: 0 while they fit in the last
    /// chunk. A `stream` frame gets a chunk, since similar frames follow; a large or other frame gets its own size.
    pub(crate) fn needed(&self, more: usize, stream: bool) -> usize {
        let room = self
            .chunks
            .last()
            .map_or(0, |chunk| chunk.capacity() - chunk.len());
        match more {
            _ if self.cut => CHUNK - self.held,
            _ if more <= room => 0,
            _ if stream && more <= CHUNK => CHUNK,
            _ => more,
        }
    }

    /// Adds bytes; `growth` is the result of [`AnswerBuffer::needed`].
    pub(crate) fn push(&mut self, bytes: &[u8], growth: usize, pool: &Pool) {
        if self.cut {
            self.held += growth;
            if let Some(end) = self.chunks.last_mut() {
                end.reserve_exact(growth);
                slide(end, bytes);
                self.len = end.len();
            }
            return;
        }
        self.len += bytes.len();
        if growth == 0 {
            if let Some(last) = self.chunks.last_mut() {
                last.extend_from_slice(bytes);
            }
            return;
        }
        let mut chunk = match growth {
            CHUNK => pool.take(),
            _ => Vec::with_capacity(growth),
        };
        chunk.extend_from_slice(bytes);
        self.held += growth;
        self.chunks.push(chunk);
    }

    /// Returns all bytes in one buffer; the chunks go back to the pool.
    pub(crate) fn join(&mut self, pool: &Pool) -> Vec<u8> {
        let mut chunks = std::mem::take(self).chunks;
        if chunks.len() < 2 {
            return chunks.pop().unwrap_or_default();
        }
        let whole = chunks.concat();
        chunks.into_iter().for_each(|chunk| pool.give_back(chunk));
        whole
    }
}

/// Adds bytes to a chunk that holds the end of an answer; the oldest bytes make room.
fn slide(end: &mut Vec<u8>, bytes: &[u8]) {
    let newest = bytes.len().saturating_sub(CHUNK);
    let bytes = bytes.get(newest..).unwrap_or_default();
    if end.len() + bytes.len() > CHUNK {
        // Half of the chunk is dropped at once, so that short frames seldom move the kept bytes.
        let surplus = (end.len() + bytes.len() - CHUNK).max(END);
        end.drain(..surplus.min(end.len()));
    }
    end.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(frames: &[&[u8]], stream: bool, pool: &Pool) -> AnswerBuffer {
        let mut kept = AnswerBuffer::default();
        for frame in frames {
            let growth = kept.needed(frame.len(), stream);
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
        assert_eq!((first.len(), first.chunks.len()), (15_000, 3));
        assert_eq!(first.join(&pool), [7; 15_000]);
        assert_eq!((first.len(), first.held_bytes()), (0, 0));
        assert_eq!(pool.free().len(), 3);
        let second = kept(&[&frame[..]; 2], true, &pool);
        assert_eq!((pool.free().len(), second.held_bytes()), (2, CHUNK));
    }

    #[test]
    fn a_body_in_one_frame_holds_no_more_than_its_length() {
        let pool = Pool::default();
        let mut whole = kept(&[b"0123456789"], false, &pool);
        assert_eq!(whole.held_bytes(), 10);
        let body = whole.join(&pool);
        assert_eq!(body, b"0123456789");
        pool.give_back(body);
        assert_eq!(pool.free().len(), 0, "not a chunk");
        let large = vec![1; CHUNK + 1];
        assert_eq!(kept(&[&large], true, &pool).held_bytes(), CHUNK + 1);
    }

    #[test]
    fn the_pool_is_bounded() {
        let pool = Pool::default();
        for _ in 0..POOLED + 10 {
            pool.give_back(Vec::with_capacity(CHUNK));
        }
        assert_eq!(pool.free().len(), POOLED);
    }

    proptest::proptest! {
        #[test]
        fn a_cut_answer_keeps_its_end(
            before in proptest::collection::vec(proptest::collection::vec(0_u8.., 1..9_000), 0..8),
            after in proptest::collection::vec(proptest::collection::vec(0_u8.., 1..9_000), 0..8),
        ) {
            let pool = Pool::default();
            let frames: Vec<&[u8]> = before.iter().map(Vec::as_slice).collect();
            let mut kept = kept(&frames, true, &pool);
            let held = kept.held_bytes();
            kept.keep_tail(&pool);
            proptest::prop_assert!(kept.held_bytes() <= held);
            for frame in &after {
                let growth = kept.needed(frame.len(), true);
                kept.push(frame, growth, &pool);
            }
            proptest::prop_assert!(kept.held_bytes() <= CHUNK);
            let whole = [before.concat(), after.concat()].concat();
            let end = kept.join(&pool);
            proptest::prop_assert!(end.len() <= CHUNK && end.len() >= END.min(whole.len()));
            proptest::prop_assert!(whole.ends_with(&end));
        }

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
