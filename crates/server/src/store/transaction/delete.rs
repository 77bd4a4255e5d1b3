//! The deletion of calls: their rows, their payloads in whichever frames, and the texts that no other call has.
//!
//! What is deleted is overwritten in the file. The log has it until it is emptied, which is tried until no reader is in its way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::{Transaction, number};
use crate::store::memory::{Deletion, Memory, Plan};
use crate::store::row::Row;
use crate::store::values::Values;
use crate::store::{changes, documents, erase, repeats, schema, superseded, unused};

impl Transaction {
    /// Deletes the calls at places; returns how many there were.
    pub(in crate::store) fn delete(
        &mut self,
        places: &[usize],
        plan: &Plan,
    ) -> rusqlite::Result<usize> {
        let memory = self.published.get();
        let deletion = memory.deletion(places, plan);
        if deletion.places.is_empty() {
            return Ok(0);
        }
        self.is_untidy = true;
        let erased = self.erase(&memory, &deletion);
        drop(memory);
        let texts = match erased {
            Ok(texts) => texts,
            Err(error) => {
                self.saved.roll_back(&self.connection)?;
                return Err(error);
            }
        };
        if !texts.is_empty() {
            self.repeats.forget(&texts);
        }
        self.published.change_apart(|memory| {
            memory.delete(&deletion);
            memory.version += 1;
        });
        Ok(deletion.places.len())
    }

    /// Deletes what waits for the start of calls, by `entity/project` and id.
    pub(in crate::store) fn delete_waiting(
        &mut self,
        calls: &[(String, String)],
    ) -> rusqlite::Result<()> {
        self.is_untidy = true;
        self.run(|transaction| {
            calls.iter().try_for_each(|(project, id)| {
                changes::take(transaction, project, id)?;
                documents::remove_feedback(transaction, project, id)
            })
        })
    }

    /// Erases calls in the file; returns the numbers of the texts that went with them.
    fn erase(&mut self, memory: &Memory, deletion: &Deletion) -> rusqlite::Result<BTreeSet<i64>> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        // The project of each payload, by frame and slot.
        let mut slots: BTreeMap<i64, BTreeMap<i64, &str>> = BTreeMap::new();
        for place in &deletion.places {
            let Some(row) = memory.rows.get(*place) else {
                continue;
            };
            let (project, id) = (memory.dictionary.text(row.project), row.id.to_string());
            let earlier = superseded::take(&transaction, number(*place))?;
            for (frame, slot) in earlier.into_iter().chain([(row.frame, row.slot)]) {
                slots.entry(frame).or_default().insert(slot, project);
            }
            changes::take(&transaction, project, &id)?;
            documents::remove_feedback(&transaction, project, &id)?;
            self.saved.change(&transaction, *place)?;
            schema::write(&transaction, number(*place), &Row::deleted())?;
        }
        for place in &deletion.marked {
            self.saved.change(&transaction, *place)?;
        }
        let mut texts = Texts::default();
        for (frame, projects) in &slots {
            let mut failed = None;
            let of_frame = projects.keys().copied().collect();
            erase::payloads(
                &transaction,
                &mut self.packer,
                *frame,
                &of_frame,
                |slot, payload| {
                    let project = projects.get(&slot).copied().unwrap_or_default();
                    let added = texts.add(&transaction, *frame, project, payload);
                    failed = failed.take().or(added.err());
                },
            )?;
            failed.map_or(Ok(()), Err)?;
        }
        let erased = texts.remove_unreferred(&transaction)?;
        transaction.commit()?;
        Ok(erased)
    }

    /// Removes the names and values that no call has any more, and empties the log, if calls were deleted since it was last
    /// done.
    pub(in crate::store) fn tidy(&mut self) -> rusqlite::Result<()> {
        if !self.is_untidy {
            return Ok(());
        }
        let memory = self.published.get();
        let unused = unused::remove(&self.connection, &memory)?;
        self.dictionary.forget(&unused);
        self.values = Values::new(memory.rows.values());
        drop(memory);
        self.published
            .change(|memory| memory.dictionary.forget(&unused));
        self.connection.busy_timeout(Duration::ZERO)?;
        let emptied = schema::empty_log(&self.connection);
        self.connection.busy_timeout(schema::BUSY)?;
        self.is_untidy = !emptied?;
        Ok(())
    }
}

/// The texts of erased payloads that are stored apart, by their period.
#[derive(Default)]
struct Texts(BTreeMap<i64, BTreeSet<i64>>);

impl Texts {
    /// Adds the texts that a payload is without, and those that it has but that are stored apart as well: a text is stored
    /// when it comes for the second time.
    fn add(
        &mut self,
        connection: &Connection,
        frame: i64,
        project: &str,
        payload: &str,
    ) -> rusqlite::Result<()> {
        let numbers = repeats::numbers(payload);
        self.0
            .entry(repeats::period(frame))
            .or_default()
            .extend(numbers);
        for (number, period) in repeats::stored_of(connection, project, payload)? {
            self.0.entry(period).or_default().insert(number);
        }
        Ok(())
    }

    /// Removes those to which no frame refers; returns their numbers.
    fn remove_unreferred(self, connection: &Connection) -> rusqlite::Result<BTreeSet<i64>> {
        let mut removed = BTreeSet::new();
        for (period, texts) in self.0 {
            removed.extend(repeats::unreferred(connection, period, texts)?);
        }
        for number in &removed {
            repeats::remove(connection, *number)?;
        }
        Ok(removed)
    }
}
