//! A call, a part of one, or a change at its place.

use std::io;

use spanloom_core::Record;

use super::placed::Placed;
use super::{Transaction, number, unpacked};
use crate::store::batch::{Call, is_span};
use crate::store::draft::Draft;
use crate::store::frame::{Frame, Location, Payloads};
use crate::store::id::Id;
use crate::store::row::Row;
use crate::store::{CallChange, Code, changes, merge, payload, repeats, schema, superseded};

impl Transaction {
    /// Puts a call's row at its place. Span ids are unique within their trace only: of two spans with one id in two
    /// traces the later one is stored under the ids of its trace and its span together.
    pub(super) fn put(
        &mut self,
        call: &Call,
        row: Row,
        placed: &mut Placed,
    ) -> rusqlite::Result<()> {
        let known = self.place(row.project, &row.id, placed);
        let Some((place, location)) = known else {
            // The span that had its id first may be gone.
            let is_renamed = row.is_span() && {
                let within = row.id.within(&row.trace);
                self.place(row.project, &within, placed).is_some()
            };
            return match is_renamed {
                true => self.put_renamed(call.record()?, (row.frame, row.slot), placed),
                false => self.write_new(row, placed),
            };
        };
        let record = call.record()?;
        if !self.is_taken(&record, &row, placed) {
            return self.put_part(&record, row, (place, location), placed);
        }
        self.put_renamed(record, (row.frame, row.slot), placed)
    }

    /// Puts a span, whose payload under its own id is at `location`, under the ids of its trace and itself together.
    fn put_renamed(
        &mut self,
        record: Record,
        location: Location,
        placed: &mut Placed,
    ) -> rusqlite::Result<()> {
        let mut renamed = record;
        renamed.id = format!("{}{}", renamed.trace_id, renamed.id);
        let row = self.put_merged(&renamed)?;
        let known = self.place(row.project, &row.id, placed);
        self.supersede(known.map_or(self.rows, |(place, _)| place), location)?;
        match known {
            Some(known) => self.put_part(&renamed, row, known, placed),
            None => self.write_new(row, placed),
        }
    }

    fn write_new(&mut self, row: Row, placed: &mut Placed) -> rusqlite::Result<()> {
        let place = self.rows;
        self.rows += 1;
        self.write_row(place, row, placed)
    }

    /// Returns whether the id of a span belongs to a span of another trace.
    fn is_taken(&self, record: &Record, row: &Row, placed: &Placed) -> bool {
        if !is_span(record) {
            return false;
        }
        if let Some(index) = placed.by_id.get(&(row.project, row.id.clone())) {
            let known = placed.rows.get(*index);
            return known.is_some_and(|(_, known)| known.trace != row.trace);
        }
        let memory = self.published.get();
        let known = memory.find(row.project, &row.id);
        let known = known.and_then(|place| memory.rows.get(place));
        known.is_some_and(|known| known.trace != row.trace)
    }

    /// Puts a part of a known call, which keeps its place and its known data.
    fn put_part(
        &mut self,
        record: &Record,
        mut row: Row,
        (place, location): (usize, Location),
        placed: &mut Placed,
    ) -> rusqlite::Result<()> {
        if let Some(stored) = self.read(location)? {
            let merged = merge::merge(stored, record.clone());
            // A record that the merge leaves unchanged has its payload among those of its batch.
            if merged != *record {
                let (frame, slot) = (row.frame, row.slot);
                row = self.put_merged(&merged)?;
                self.supersede(place, (frame, slot))?;
            }
            self.supersede(place, location)?;
        } else {
            // The stored part is already lost; the new part need not be.
            tracing::error!(name: "spanloom.store.damaged", frame = location.0, "an earlier part of a call cannot be read");
        }
        self.write_row(place, row, placed)
    }

    fn write_row(&mut self, place: usize, row: Row, placed: &mut Placed) -> rusqlite::Result<()> {
        self.saved.change(&self.connection, place)?;
        schema::write(&self.connection, number(place), &row)?;
        placed.add(place, row);
        Ok(())
    }

    /// Changes a call, or stores the change until the call's start arrives.
    pub(super) fn put_change(
        &mut self,
        change: &CallChange,
        placed: &mut Placed,
    ) -> rusqlite::Result<()> {
        let project = self.dictionary.code(&change.project_id);
        let id = Id::new(&change.id);
        let known = project.and_then(|project| self.place(project, &id, placed));
        let stored = match known {
            Some((place, location)) => self.read(location)?.map(|record| (place, location, record)),
            None => None,
        };
        let Some((place, location, mut record)) = stored else {
            self.changes_wait = true;
            return changes::put(&self.connection, change);
        };
        change.clone().apply(&mut record);
        let row = self.put_merged(&record)?;
        self.supersede(place, location)?;
        self.write_row(place, row, placed)
    }

    /// Notes that the payload at a location is no longer the one of the call at a place.
    fn supersede(&self, place: usize, location: Location) -> rusqlite::Result<()> {
        superseded::put(&self.connection, number(place), location)
    }

    /// Returns the row of a record made of two parts, and writes its payload in a separate frame.
    fn put_merged(&mut self, merged: &Record) -> rusqlite::Result<Row> {
        let data = serde_json::to_string(merged)
            .map_err(io::Error::other)
            .and_then(|payload| Frame::pack(&mut self.packer, std::iter::once(payload.as_str())))
            .map_err(unpacked)?;
        self.put_frame(&data)?;
        let mut row = self.row(&Draft::new(merged.clone().into()));
        (row.frame, row.slot) = (self.frames, 0);
        Ok(row)
    }

    /// Returns the place and location of a call, committed or written earlier in this transaction.
    fn place(&self, project: Code, id: &Id, placed: &Placed) -> Option<(usize, Location)> {
        if let Some(index) = placed.by_id.get(&(project, id.clone())) {
            let (place, row) = placed.rows.get(*index)?;
            return Some((*place, (row.frame, row.slot)));
        }
        let memory = self.published.get();
        let place = memory.find(project, id)?;
        let row = memory.rows.get(place)?;
        Some((place, (row.frame, row.slot)))
    }

    /// Reads a stored record; returns `None` if it can no longer be read.
    pub(in crate::store) fn read(
        &self,
        (frame, slot): Location,
    ) -> rusqlite::Result<Option<Record>> {
        let data = match schema::frame(&self.connection, frame) {
            Err(error) if schema::is_damage(&error) => return Ok(None),
            data => data?,
        };
        let payloads = Payloads::unpack(&data).ok();
        let stored = payloads.as_ref().and_then(|payloads| payloads.get(slot));
        let mut failure = None;
        let text = |number| {
            let text = repeats::read(&self.connection, number);
            text.unwrap_or_else(|error| {
                failure = Some(error);
                None
            })
        };
        let read = stored.and_then(|payload| payload::read(payload, text));
        match failure {
            // What cannot be read now is not lost.
            Some(error) => Err(error),
            None => Ok(read.map(|(record, _)| record)),
        }
    }
}
