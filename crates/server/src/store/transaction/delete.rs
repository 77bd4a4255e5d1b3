//! The deletion of calls: their rows, their payloads in whichever frames, and the texts that no other call has.
//!
//! What is deleted is overwritten in the file. The log has it until it is emptied, which is tried at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::{Transaction, number};
use crate::store::frame::{Packer, Payloads};
use crate::store::memory::{Deletion, Memory};
use crate::store::row::Row;
use crate::store::values::Values;
use crate::store::{changes, payload, repeats, schema, superseded, unused};

impl Transaction {
    /// Deletes the calls at places; returns how many there were.
    pub(in crate::store) fn delete(&mut self, places: &[usize]) -> rusqlite::Result<usize> {
        let memory = self.published.get();
        let deletion = memory.deletion(places);
        if deletion.places.is_empty() {
            return Ok(0);
        }
        overwrite(&self.connection, true)?;
        let erased = self.erase(&memory, &deletion);
        overwrite(&self.connection, false)?;
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
        self.published.change(|memory| {
            memory.delete(&deletion);
            memory.version += 1;
        });
        Ok(deletion.places.len())
    }

    /// Erases calls in the file; returns the numbers of the texts that went with them.
    fn erase(&mut self, memory: &Memory, deletion: &Deletion) -> rusqlite::Result<BTreeSet<i64>> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut slots: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for place in &deletion.places {
            let Some(row) = memory.rows.get(*place) else {
                continue;
            };
            let earlier = superseded::take(&transaction, number(*place))?;
            for (frame, slot) in earlier.into_iter().chain([(row.frame, row.slot)]) {
                slots.entry(frame).or_default().insert(slot);
            }
            if self.changes_wait {
                let project = memory.dictionary.text(row.project);
                changes::take(&transaction, project, &row.id.to_string())?;
            }
            self.saved.change(&transaction, *place)?;
            schema::write(&transaction, number(*place), &Row::deleted())?;
        }
        for place in &deletion.around {
            self.saved.change(&transaction, *place)?;
        }
        let mut texts: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (frame, slots) in &slots {
            let of_frame = erase_payloads(&transaction, &mut self.packer, *frame, slots)?;
            let of_period = texts.entry(repeats::period(*frame)).or_default();
            of_period.extend(of_frame);
        }
        let mut erased = BTreeSet::new();
        for (period, texts) in texts {
            erased.extend(repeats::unreferred(&transaction, period, texts)?);
        }
        for text in &erased {
            repeats::remove(&transaction, *text)?;
        }
        transaction.commit()?;
        Ok(erased)
    }

    /// Removes the names and values that no call has any more, after a deletion, and empties the log if no reader is in its
    /// way.
    pub(in crate::store) fn forget_unused(&mut self) -> rusqlite::Result<()> {
        let memory = self.published.get();
        overwrite(&self.connection, true)?;
        let unused = unused::remove(&self.connection, &memory);
        overwrite(&self.connection, false)?;
        let unused = unused?;
        self.dictionary.forget(&unused);
        self.values = Values::new(memory.rows.values());
        drop(memory);
        self.published
            .change(|memory| memory.dictionary.forget(&unused));
        self.connection.busy_timeout(Duration::ZERO)?;
        let emptied = schema::empty_log(&self.connection);
        self.connection.busy_timeout(schema::BUSY)?;
        emptied
    }
}

/// Sets whether what is deleted is overwritten.
fn overwrite(connection: &Connection, is_on: bool) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "secure_delete", is_on, |_| Ok(()))
}

/// Erases the payloads in slots of a frame; returns the numbers of the texts that they were without. In a frame that cannot
/// be read there is nothing to erase.
fn erase_payloads(
    connection: &Connection,
    packer: &mut Packer,
    frame: i64,
    slots: &BTreeSet<i64>,
) -> rusqlite::Result<BTreeSet<i64>> {
    let data = match schema::frame(connection, frame) {
        Err(error) if schema::is_damage(&error) => return Ok(BTreeSet::new()),
        data => data?,
    };
    let Ok(payloads) = Payloads::unpack(&data) else {
        return Ok(BTreeSet::new());
    };
    let (mut texts, mut kept) = (BTreeSet::new(), BTreeSet::new());
    let payloads = (0..).zip(payloads.all());
    let left: Vec<&str> = payloads
        .map(|(slot, payload)| match slots.contains(&slot) {
            true => {
                texts.extend(repeats::numbers(payload));
                payload::DELETED
            }
            false => {
                kept.extend(repeats::numbers(payload));
                payload
            }
        })
        .collect();
    let packed = packer.pack(left.iter().copied()).map_err(super::unpacked)?;
    schema::replace_frame(connection, frame, &packed)?;
    if !texts.is_empty() {
        repeats::put_referred(connection, frame, &kept)?;
    }
    Ok(texts)
}
