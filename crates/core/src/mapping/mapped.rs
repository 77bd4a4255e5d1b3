//! A mapped span whose content is not read yet: a server that stores many spans reads the content of few.

use serde::{Serialize, Serializer};

use super::content::UnreadContent;
use crate::record::{CallInfo, Record, Summary, Wire};

/// The parts of the record of a span.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedSpan {
    /// The record without the other parts: [`Record::summary`] is empty, and [`Record::attributes`] lack the group
    /// [`CallInfo::GROUP`].
    pub record: Record,
    /// What is known about the call.
    pub info: CallInfo,
    /// The numbers of the call.
    pub summary: Summary,
    /// Request and answer, if the record does not have them.
    pub content: UnreadContent,
}

impl MappedSpan {
    /// Reads the content, and returns the whole record.
    #[must_use]
    pub fn into_record(self) -> Record {
        let Self {
            mut record,
            info,
            summary,
            content,
        } = self;
        record.summary = summary.to_map();
        record.set_info(&info);
        content.read_into(&mut record);
        record
    }

    /// Returns the record as JSON text, without the content that is not read yet. With [`UnreadContent::read_into`] it
    /// becomes whole.
    ///
    /// # Errors
    /// No error is known: every part of a record is JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.record.json_of(self)
    }
}

impl Serialize for MappedSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let wire = Wire {
            record: &self.record,
            info: Some(&self.info),
            summary: &self.summary,
        };
        wire.serialize(serializer)
    }
}
