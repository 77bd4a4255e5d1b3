//! The properties by which calls are grouped and filtered.

use crate::store::facts::{Column, Segment};
use crate::store::{Code, Row, outcome};

/// A property of a call that is a code: of a text in the dictionary, or a number of ours for status and outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dimension {
    Project,
    Stream,
    OpName,
    Thread,
    User,
    Operation,
    Provider,
    Model,
    /// The number of a [`Status`](crate::store::Status).
    Status,
    /// The number of an outcome.
    Outcome,
    /// The value of an attribute path; `None` is a path that no call has.
    Attribute(Option<Code>),
}

impl Dimension {
    pub(crate) fn of(self, row: &Row) -> Option<Code> {
        match self {
            Self::Project => Some(row.project),
            Self::Stream => Some(row.stream),
            Self::OpName => Some(row.op_name),
            Self::Thread => row.thread,
            Self::User => row.user,
            Self::Operation => row.operation,
            Self::Provider => row.provider,
            Self::Model => row.model,
            Self::Status => Some(row.status.number().into()),
            Self::Outcome => row.outcome.map(|outcome| outcome::number(outcome).into()),
            Self::Attribute(path) => row.attribute(path?),
        }
    }

    /// Returns the column of a segment; `None` if no row has the property.
    pub(super) fn column(self, segment: &Segment) -> Option<Column<'_>> {
        let codes = match self {
            Self::Project => &segment.project,
            Self::Stream => &segment.stream,
            Self::OpName => &segment.op_name,
            Self::Thread => &segment.thread,
            Self::User => &segment.user,
            Self::Operation => &segment.operation,
            Self::Provider => &segment.provider,
            Self::Model => &segment.model,
            Self::Status => &segment.status,
            Self::Outcome => &segment.outcome,
            Self::Attribute(path) => return segment.attribute(path?),
        };
        Some(Column { codes, rows: None })
    }
}
