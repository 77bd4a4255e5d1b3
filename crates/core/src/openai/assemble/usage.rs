//! The usage of a stream, from wherever its provider puts it.

use super::piece::{Members, Piece};
use crate::json::Node;

/// The counts that grow from chunk to chunk, or are counted anew in each.
const COUNTS: [&str; 5] = [
    "prompt_tokens",
    "input_tokens",
    "completion_tokens",
    "output_tokens",
    "total_tokens",
];

/// The usage so far. Later objects complete and replace earlier ones, except that an object without counts replaces
/// nothing. Most providers send one; some send the counts so far with every chunk, and some the counts of each chunk.
#[derive(Debug, Default)]
pub(super) struct StreamUsage {
    members: Members,
    /// The last counts, and the sums of all.
    last: [u64; COUNTS.len()],
    sums: [u64; COUNTS.len()],
    is_known: bool,
    /// Whether a count fell: the objects count their own chunk only.
    counts_chunks: bool,
}

impl StreamUsage {
    /// Takes the usage of an object in a chunk.
    pub(super) fn take_within(&mut self, object: Node<'_>) {
        if let Some(usage) = object.get("usage") {
            self.take(usage);
        }
    }

    pub(super) fn take(&mut self, usage: Node<'_>) {
        if !usage.is_object() {
            return;
        }
        let counts = usage.pick(COUNTS).map(|count| count.and_then(Node::u64));
        let has_counts = counts.iter().flatten().any(|count| *count > 0);
        if self.is_known && !has_counts {
            return;
        }
        self.is_known |= has_counts;
        for (at, count) in counts.into_iter().enumerate() {
            let (Some(count), Some(last), Some(sum)) =
                (count, self.last.get_mut(at), self.sums.get_mut(at))
            else {
                continue;
            };
            self.counts_chunks |= count < *last;
            *last = count;
            *sum = sum.saturating_add(count);
        }
        for (name, value) in usage.members() {
            let is_blank = value.is_null() || value.u64() == Some(0);
            if !is_blank || self.members.get(&name).is_none_or(Piece::is_blank) {
                self.members.set(&name, Piece::whole(value));
            }
        }
    }

    /// Returns the usage of the whole answer.
    pub(super) fn finish(mut self) -> Option<Piece> {
        if self.counts_chunks {
            for (name, sum) in COUNTS.iter().zip(self.sums) {
                if self.members.get(name).is_some() {
                    self.members.set(name, Piece::Bare(sum.to_string().into()));
                }
            }
        }
        (!self.members.is_empty()).then_some(Piece::Object(self.members))
    }
}
