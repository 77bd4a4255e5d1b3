//! A call of an export.

use serde::Serialize;
use spanloom_core::{Json, Record, Timestamp};

use crate::app::App;
use crate::board::calls::CallRow;
use crate::reply::Problem;
use crate::store::Memory;

/// A call of an export: its row in the board's table, and its content.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) stream: String,
    #[serde(flatten)]
    pub(super) row: CallRow,
    /// To the nanosecond.
    #[serde(skip)]
    pub(super) exact_start: Timestamp,
    pub(super) inputs: Json,
    pub(super) output: Option<Json>,
}

impl Line {
    /// Returns the approximate size in bytes.
    pub(super) fn size(&self) -> usize {
        let output = self
            .output
            .as_ref()
            .map_or(0, |output| output.as_str().len());
        // The content apart, calls have about the same size.
        1_024 + self.inputs.as_str().len() + output
    }
}

/// Reads the calls at some places.
pub(super) fn read(app: &App, memory: &Memory, places: &[usize]) -> Result<Vec<Line>, Problem> {
    let mut lines: Vec<Option<Line>> = places.iter().map(|_| None).collect();
    app.store.read(memory, places, |index, record| {
        let row = places.get(index).and_then(|place| memory.rows.get(*place));
        if let (Some(line), Some(row)) = (lines.get_mut(index), row) {
            let mut shown = CallRow::of(&row, memory);
            shown.complete(&record);
            let Record {
                inputs,
                output,
                started_at,
                ..
            } = record;
            *line = Some(Line {
                stream: memory.dictionary.text(row.stream).to_owned(),
                row: shown,
                exact_start: started_at,
                inputs,
                output,
            });
        }
    })?;
    Ok(lines.into_iter().flatten().collect())
}

/// Returns calls as lines of JSON.
pub(super) fn json(lines: impl Iterator<Item = Line>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        let start = bytes.len();
        // Writing to memory does not fail.
        drop(serde_json::to_writer(&mut bytes, &line));
        // The content stands as it was sent, with line breaks between its values.
        for byte in bytes.iter_mut().skip(start) {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        bytes.push(b'\n');
    }
    bytes
}
