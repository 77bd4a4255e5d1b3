//! A call on its way into the store.

use spanloom_core::Record;
use spanloom_core::mapping::MappedSpan;

/// A call to store, or a part of one.
#[derive(Debug)]
pub(crate) enum Incoming {
    Record(Box<Record>),
    /// A span, whose content is read when someone asks for it.
    Span(Box<MappedSpan>),
}

impl Incoming {
    /// Returns the record; that of a span lacks parts.
    pub(crate) fn record(&self) -> &Record {
        match self {
            Self::Record(record) => record,
            Self::Span(span) => &span.record,
        }
    }

    /// Returns the whole record.
    pub(super) fn into_record(self) -> Record {
        match self {
            Self::Record(record) => *record,
            Self::Span(span) => span.into_record(),
        }
    }
}

impl From<Record> for Incoming {
    fn from(record: Record) -> Self {
        Self::Record(Box::new(record))
    }
}
