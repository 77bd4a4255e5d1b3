//! Rows as columns, which take a tenth of their memory and are scanned many times faster.

use super::codes::{Codes, Column};
use super::ids::{Ids, SharedIds};
use super::packed::Packed;
use crate::store::row::Status;
use crate::store::{Code, Id, Row, outcome};

/// The rows of a segment, as columns.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(super) len: usize,
    pub(crate) project: Codes,
    pub(crate) stream: Codes,
    pub(crate) op_name: Codes,
    pub(crate) thread: Codes,
    pub(crate) user: Codes,
    pub(crate) operation: Codes,
    pub(crate) provider: Codes,
    pub(crate) model: Codes,
    pub(crate) request_model: Codes,
    pub(crate) status: Codes,
    pub(crate) outcome: Codes,
    pub(crate) cost_source: Codes,
    pub(crate) started_at: Packed,
    /// Nanoseconds from the start to the end, below 0 if the clocks disagree.
    pub(crate) duration: Packed,
    pub(crate) first_chunk: Packed,
    pub(crate) attempts: Packed,
    pub(crate) input_tokens: Packed,
    pub(crate) output_tokens: Packed,
    pub(crate) cached_tokens: Packed,
    pub(crate) reasoning_tokens: Packed,
    pub(crate) cost: Packed,
    /// 1 if the usage is an estimate.
    pub(crate) usage_estimated: Packed,
    /// 1 if spans below report tokens.
    pub(crate) reported_below: Packed,
    pub(super) streamed: Packed,
    pub(super) frame: Packed,
    pub(super) slot: Packed,
    pub(super) id: Ids,
    pub(crate) trace: SharedIds,
    pub(crate) parent: SharedIds,
    /// Sorted by path.
    pub(super) attributes: Box<[(Code, Attribute)]>,
    /// The first and the last start.
    pub(super) bounds: (i64, i64),
}

/// The values of an attribute path.
#[derive(Debug)]
pub(super) enum Attribute {
    /// Of every row.
    Dense(Codes),
    /// Of the rows that have the path, sorted.
    Sparse { rows: Box<[u32]>, values: Codes },
}

impl Attribute {
    /// `values` are the rows that have the path, sorted, with their values.
    fn of(values: &[(u32, Code)], len: usize) -> Self {
        // A row number takes four bytes, a missing value at most two.
        if values.len() < len / 4 {
            return Self::Sparse {
                rows: values.iter().map(|(row, _)| *row).collect(),
                values: Codes::of(values.iter().map(|(_, value)| Some(*value))),
            };
        }
        let mut dense = vec![None; len];
        for (row, value) in values {
            let place = usize::try_from(*row)
                .ok()
                .and_then(|row| dense.get_mut(row));
            if let Some(place) = place {
                *place = Some(*value);
            }
        }
        Self::Dense(Codes::of(dense.into_iter()))
    }

    fn get(&self, row: usize) -> Option<Code> {
        self.column().get(row)
    }

    fn column(&self) -> Column<'_> {
        match self {
            Self::Dense(codes) => Column { codes, rows: None },
            Self::Sparse { rows, values } => Column {
                codes: values,
                rows: Some(rows),
            },
        }
    }
}

impl Segment {
    pub(crate) fn of(rows: &[&Row]) -> Self {
        let rows = rows.iter().copied();
        let codes = |of: fn(&Row) -> Option<Code>| Codes::of(rows.clone().map(of));
        let numbers = |of: fn(&Row) -> Option<i64>| Packed::of(rows.clone().map(of));
        let starts = rows.clone().map(|row| row.started_at);
        Self {
            len: rows.clone().count(),
            project: codes(|row| Some(row.project)),
            stream: codes(|row| Some(row.stream)),
            op_name: codes(|row| Some(row.op_name)),
            thread: codes(|row| row.thread),
            user: codes(|row| row.user),
            operation: codes(|row| row.operation),
            provider: codes(|row| row.provider),
            model: codes(|row| row.model),
            request_model: codes(|row| row.request_model),
            status: codes(|row| Some(row.status.number().into())),
            outcome: codes(|row| row.outcome.map(|outcome| outcome::number(outcome).into())),
            cost_source: codes(|row| row.cost_source),
            started_at: numbers(|row| Some(row.started_at)),
            duration: numbers(|row| Some(row.ended_at?.wrapping_sub(row.started_at))),
            first_chunk: numbers(|row| row.first_chunk),
            attempts: numbers(|row| row.attempts),
            input_tokens: numbers(|row| row.input_tokens),
            output_tokens: numbers(|row| row.output_tokens),
            cached_tokens: numbers(|row| row.cached_tokens),
            reasoning_tokens: numbers(|row| row.reasoning_tokens),
            cost: numbers(|row| row.cost),
            usage_estimated: numbers(|row| row.usage_estimated.map(i64::from)),
            reported_below: numbers(|row| Some(row.reported_below.into())),
            streamed: numbers(|row| Some(row.streamed.into())),
            frame: numbers(|row| Some(row.frame)),
            slot: numbers(|row| Some(row.slot)),
            id: Ids::of(rows.clone().map(|row| &row.id)),
            trace: SharedIds::of(rows.clone().map(|row| Some(&row.trace))),
            parent: SharedIds::of(rows.clone().map(|row| row.parent.as_ref())),
            attributes: attributes(rows.clone()),
            bounds: (
                starts.clone().min().unwrap_or(i64::MAX),
                starts.max().unwrap_or(i64::MIN),
            ),
        }
    }

    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the first and the last start, in nanoseconds since the epoch.
    pub(crate) fn bounds(&self) -> (i64, i64) {
        self.bounds
    }

    /// Returns the values of an attribute path, if any row has it.
    pub(crate) fn attribute(&self, path: Code) -> Option<Column<'_>> {
        self.find(path).map(Attribute::column)
    }

    /// Returns each attribute path, with its values.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (Code, Column<'_>)> {
        self.attributes
            .iter()
            .map(|(path, attribute)| (*path, attribute.column()))
    }

    /// Returns the codes of texts.
    pub(super) fn codes(&self) -> impl Iterator<Item = Code> {
        let columns = [
            &self.project,
            &self.stream,
            &self.op_name,
            &self.thread,
            &self.user,
            &self.operation,
            &self.provider,
            &self.model,
            &self.request_model,
            &self.cost_source,
        ];
        let values = self.attributes().map(|(_, column)| column.codes);
        let paths = self.attributes().map(|(path, _)| path);
        let own = columns.into_iter().chain(values).flat_map(Codes::own);
        own.copied().chain(paths)
    }

    fn find(&self, path: Code) -> Option<&Attribute> {
        let place = self
            .attributes
            .binary_search_by_key(&path, |(path, _)| *path);
        self.attributes
            .get(place.ok()?)
            .map(|(_, attribute)| attribute)
    }

    pub(crate) fn id(&self, row: usize) -> Option<Id> {
        self.id.get(row)
    }

    /// Returns a row as it was.
    pub(crate) fn row(&self, index: usize) -> Row {
        let code = |codes: &Codes| codes.get(index).unwrap_or_default();
        let number = |numbers: &Packed| numbers.get(index).unwrap_or_default();
        let small = |code: Code| u8::try_from(code).unwrap_or(u8::MAX);
        let no_id = || Id::from_bytes(&[]);
        let started_at = number(&self.started_at);
        Row {
            project: code(&self.project),
            stream: code(&self.stream),
            id: self.id.get(index).unwrap_or_else(no_id),
            trace: self.trace.get(index).unwrap_or_else(no_id),
            parent: self.parent.get(index),
            op_name: code(&self.op_name),
            thread: self.thread.get(index),
            user: self.user.get(index),
            operation: self.operation.get(index),
            provider: self.provider.get(index),
            model: self.model.get(index),
            request_model: self.request_model.get(index),
            status: Status::of(small(code(&self.status))),
            outcome: self.outcome.get(index).map(small).and_then(outcome::of),
            streamed: number(&self.streamed) == 1,
            usage_estimated: self.usage_estimated.get(index).map(|is| is == 1),
            cost_source: self.cost_source.get(index),
            started_at,
            ended_at: self
                .duration
                .get(index)
                .map(|duration| started_at.wrapping_add(duration)),
            first_chunk: self.first_chunk.get(index),
            attempts: self.attempts.get(index),
            input_tokens: self.input_tokens.get(index),
            output_tokens: self.output_tokens.get(index),
            cached_tokens: self.cached_tokens.get(index),
            reasoning_tokens: self.reasoning_tokens.get(index),
            cost: self.cost.get(index),
            reported_below: number(&self.reported_below) == 1,
            attributes: self
                .attributes
                .iter()
                .filter_map(|(path, attribute)| Some((*path, attribute.get(index)?)))
                .collect(),
            frame: number(&self.frame),
            slot: number(&self.slot),
        }
    }

    /// Returns the approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        let codes = [
            &self.project,
            &self.stream,
            &self.op_name,
            &self.thread,
            &self.user,
            &self.operation,
            &self.provider,
            &self.model,
            &self.request_model,
            &self.status,
            &self.outcome,
            &self.cost_source,
        ];
        let numbers = [
            &self.started_at,
            &self.duration,
            &self.first_chunk,
            &self.attempts,
            &self.input_tokens,
            &self.output_tokens,
            &self.cached_tokens,
            &self.reasoning_tokens,
            &self.cost,
            &self.usage_estimated,
            &self.reported_below,
            &self.streamed,
            &self.frame,
            &self.slot,
        ];
        let attribute = |(_, attribute): &(Code, Attribute)| {
            let rows = match attribute {
                Attribute::Dense(_) => 0,
                Attribute::Sparse { rows, .. } => size_of_val(&**rows),
            };
            rows + attribute.column().codes.size() + size_of::<(Code, Attribute)>()
        };
        size_of::<Self>()
            + codes.map(Codes::size).into_iter().sum::<usize>()
            + numbers.map(Packed::size).into_iter().sum::<usize>()
            + [&self.trace, &self.parent]
                .map(SharedIds::size)
                .into_iter()
                .sum::<usize>()
            + self.id.size()
            + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

/// Returns the attributes of all rows by path. A path that a row has twice has its first value.
fn attributes<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> Box<[(Code, Attribute)]> {
    let len = rows.clone().count();
    let mut all: Vec<(Code, u32, Code)> = Vec::new();
    for (row, of) in (0..).zip(rows) {
        all.extend(
            of.attributes
                .iter()
                .map(|(path, value)| (*path, row, *value)),
        );
    }
    // Stable, so that of equal paths of a row the first stays first.
    all.sort_by_key(|(path, row, _)| (*path, *row));
    all.dedup_by_key(|(path, row, _)| (*path, *row));
    all.chunk_by(|(path, ..), (next, ..)| path == next)
        .filter_map(|of_path| {
            let (path, ..) = of_path.first()?;
            let values: Vec<_> = of_path
                .iter()
                .map(|(_, row, value)| (*row, *value))
                .collect();
            Some((*path, Attribute::of(&values, len)))
        })
        .collect()
}
