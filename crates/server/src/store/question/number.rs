//! The numbers by which calls are filtered, sorted and compared.

use crate::store::facts::Segment;
use crate::store::{Row, row};

/// A number of a call: times in nanoseconds, costs in nano-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    StartedAt,
    Latency,
    FirstChunk,
    Cost,
    InputTokens,
    OutputTokens,
    TotalTokens,
}

impl Number {
    pub(crate) fn of(self, row: &Row) -> Option<i64> {
        match self {
            Self::StartedAt => Some(row.started_at),
            Self::Latency => row.latency(),
            Self::FirstChunk => row.first_chunk,
            Self::Cost => row.cost,
            Self::InputTokens => row.input_tokens,
            Self::OutputTokens => row.output_tokens,
            Self::TotalTokens => row.total_tokens(),
        }
    }

    /// Reads the numbers of rows, each into its place in `numbers`; returns whether it is one of a column.
    pub(super) fn read(self, segment: &Segment, rows: &[u32], numbers: &mut [Option<i64>]) -> bool {
        let column = match self {
            Self::StartedAt => &segment.started_at,
            Self::Latency => &segment.duration,
            Self::FirstChunk => &segment.first_chunk,
            Self::Cost => &segment.cost,
            Self::InputTokens => &segment.input_tokens,
            Self::OutputTokens => &segment.output_tokens,
            Self::TotalTokens => return false,
        };
        column.read(rows, numbers);
        if self == Self::Latency {
            for duration in numbers.iter_mut().flatten() {
                *duration = (*duration).max(0);
            }
        }
        true
    }

    pub(super) fn at(self, segment: &Segment, row: usize) -> Option<i64> {
        match self {
            Self::StartedAt => segment.started_at.get(row),
            Self::Latency => segment.duration.get(row).map(|duration| duration.max(0)),
            Self::FirstChunk => segment.first_chunk.get(row),
            Self::Cost => segment.cost.get(row),
            Self::InputTokens => segment.input_tokens.get(row),
            Self::OutputTokens => segment.output_tokens.get(row),
            Self::TotalTokens => row::total(
                segment.input_tokens.get(row),
                segment.output_tokens.get(row),
            ),
        }
    }
}
