//! A transaction: batches of records become rows, frames and codes, which are then published to readers.
//!
//! | file | what |
//! |---|---|
//! | `put` | a call, a part of one, or a change at its place |
//! | `placed` | the rows of a transaction that is not committed |
//! | `delete` | the deletion of calls |

mod delete;
mod placed;
mod put;

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use rusqlite::{Connection, TransactionBehavior, params};

use self::placed::Placed;
use crate::error::Error;
use crate::store::batch::Batch;
use crate::store::draft::Draft;
use crate::store::facts::{Facts, SEGMENT};
use crate::store::file_id::FileId;
use crate::store::frame::{Frame, Packer};
use crate::store::memory::Published;
use crate::store::repeats::{self, NewText, Repeats};
use crate::store::retention::{Pages, Retention};
use crate::store::row::Row;
use crate::store::segments::Saved;
use crate::store::upgrade::Upgrade;
use crate::store::values::Values;
use crate::store::{Dictionary, changes, documents, frame, schema};

/// The state of the writer, ahead of the readers while a transaction is open.
pub(super) struct Transaction {
    connection: Connection,
    published: Arc<Published>,
    saved: Saved,
    packer: Packer,
    /// The dictionary, ahead of the memory's while a transaction is open.
    dictionary: Dictionary,
    values: Values,
    rows: usize,
    frames: i64,
    /// Whether changes of calls wait for their start.
    changes_wait: bool,
    repeats: Arc<Repeats>,
    /// The number of the last text that is stored apart.
    texts: i64,
    /// The first period of which texts may be stored.
    oldest_period: i64,
    file: Option<FileId>,
    /// Whether calls were deleted whose names and values may be left.
    is_untidy: bool,
    /// What is left to do in a file of an earlier server.
    upgrade: Option<Upgrade>,
    /// The bytes of the file that other work than calls has taken.
    others: u64,
}

impl Transaction {
    pub(super) fn new(
        connection: Connection,
        published: Arc<Published>,
        saved: Saved,
    ) -> Result<Self, Error> {
        let frames = last_frame(&connection, &published.get().rows)?;
        let packer = Packer::new().map_err(unpacked)?;
        let changes_wait = match changes::any(&connection) {
            Err(error) if schema::is_damage(&error) => true,
            any => any?,
        };
        let repeats = Arc::new(repeats::load(&connection, frames)?);
        let texts = repeats::last(&connection, frames)?;
        let file = file_id(&connection);
        let others = others(&connection)?;
        let (dictionary, rows, values, is_untidy, upgrade) = {
            let memory = published.get();
            let upgrade = Upgrade::load(&connection, &memory.rows)?;
            let is_untidy = memory.rows.count_holes(Row::DELETED) > 0;
            let values = Values::new(memory.rows.values());
            (
                memory.dictionary.apart(),
                memory.rows.len(),
                values,
                is_untidy,
                upgrade,
            )
        };
        Ok(Self {
            connection,
            published,
            saved,
            packer,
            dictionary,
            values,
            rows,
            frames,
            changes_wait,
            repeats,
            texts,
            oldest_period: 0,
            file,
            is_untidy,
            upgrade,
            others,
        })
    }

    /// Returns whether the database is the file that it was at the start.
    pub(super) fn is_in_place(&self) -> bool {
        file_id(&self.connection) == self.file
    }

    /// Returns what is known of texts that repeat.
    pub(super) fn repeats(&self) -> &Arc<Repeats> {
        &self.repeats
    }

    /// Runs other work in a separate transaction.
    pub(super) fn run<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = Pages::of(&transaction)?.used();
        let done = work(&transaction)?;
        let after = Pages::of(&transaction)?.used();
        let others = self.others.saturating_add(after).saturating_sub(before);
        if others != self.others {
            let bytes = i64::try_from(others).unwrap_or(i64::MAX);
            match transaction.execute("UPDATE space SET others = ?1", [bytes]) {
                // A damaged count must not refuse what it counts.
                Err(error) if schema::is_damage(&error) => {}
                updated => {
                    updated?;
                }
            }
        }
        transaction.commit()?;
        self.others = others;
        Ok(done)
    }

    /// Writes batches in one transaction; on an error, nothing is written.
    pub(super) fn commit(&mut self, batches: &[&Batch]) -> rusqlite::Result<()> {
        let texts = self.dictionary.len();
        let numbers = (self.rows, self.frames, self.texts);
        let written = self.write(batches, texts);
        match written {
            Ok(placed) => {
                self.repeats
                    .add(self.frames, placed.texts, placed.text_bytes);
                self.publish(texts, placed.rows);
                Ok(())
            }
            Err(error) => {
                // The transaction leaves no trace: its codes are assigned again.
                self.dictionary.truncate(texts);
                self.values.forget(texts);
                (self.rows, self.frames, self.texts) = numbers;
                if !self.connection.is_autocommit() {
                    self.connection.execute_batch("ROLLBACK")?;
                }
                self.saved.roll_back(&self.connection)?;
                Err(error)
            }
        }
    }

    fn write(&mut self, batches: &[&Batch], texts: usize) -> rusqlite::Result<Placed> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        self.saved
            .save_next(&self.connection, &self.published.get().rows)?;
        let mut placed = Placed::default();
        for batch in batches {
            let first = self.frames + 1;
            self.put_frames(batch)?;
            for (index, call) in batch.calls.iter().enumerate() {
                let mut row = self.row(&call.draft);
                row.frame = first + i64::try_from(index / frame::CALLS).unwrap_or(0);
                row.slot = i64::try_from(index % frame::CALLS).unwrap_or(0);
                let change = match self.changes_wait {
                    true => {
                        let (project, id) = (call.draft.project(), row.id.to_string());
                        changes::take(&self.connection, project, &id)?
                    }
                    false => None,
                };
                self.put(call, row, &mut placed)?;
                if let Some(change) = change {
                    self.put_change(&change, &mut placed)?;
                }
            }
            for change in &batch.changes {
                self.put_change(change, &mut placed)?;
            }
        }
        for text in batches.iter().flat_map(|batch| &batch.texts) {
            self.put_text(text, &mut placed)?;
        }
        for (code, text) in (texts..).zip(self.dictionary.since(texts)) {
            let mut insert = self
                .connection
                .prepare_cached("INSERT INTO dict(code, text) VALUES(?1, ?2)")?;
            insert.execute(params![number(code), &**text])?;
        }
        self.connection.execute_batch("COMMIT")?;
        Ok(placed)
    }

    /// Puts the frames of a batch; whole ones if the texts that they lack belong to another period.
    fn put_frames(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        let count = i64::try_from(batch.frames.len()).unwrap_or(i64::MAX);
        let is_now = |frame| self.repeats.epoch_of(frame) == batch.epoch;
        if is_now(self.frames + 1) && is_now(self.frames + count) {
            return batch
                .frames
                .iter()
                .try_for_each(|frame| self.put_frame(frame));
        }
        let whole = batch.whole_frames(&mut self.packer).map_err(unpacked)?;
        whole.iter().try_for_each(|frame| self.put_frame(frame))
    }

    /// Stores a text apart, unless a batch before this one did.
    fn put_text(&mut self, text: &NewText, placed: &mut Placed) -> rusqlite::Result<()> {
        let takes = self.repeats.takes(text, self.frames, placed.text_bytes);
        if !takes || placed.texts.contains_key(&text.hash) {
            return Ok(());
        }
        self.texts += 1;
        if repeats::write(&self.connection, self.texts, self.frames, text)? {
            placed.texts.insert(text.hash, self.texts);
            placed.text_bytes += text.size();
        }
        Ok(())
    }

    fn put_frame(&mut self, frame: &Frame) -> rusqlite::Result<()> {
        self.frames += 1;
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO payload(frame, data) VALUES(?1, ?2)")?;
        insert.execute(params![self.frames, frame.data])?;
        match frame.texts.is_empty() {
            true => Ok(()),
            false => repeats::put_referred(&self.connection, self.frames, &frame.texts),
        }
    }

    /// Removes calls that need not be kept, a few at a time, and gives room back. Returns whether there was anything to do.
    pub(super) fn retain(&mut self, retention: &Retention) -> rusqlite::Result<bool> {
        changes::bound(&self.connection)?;
        let memory = self.published.get();
        let pages = Pages::of(&self.connection)?;
        let now = SystemTime::now();
        let Some(first) = retention.first(&memory.rows, pages, self.others, now) else {
            return pages.shrink(&self.connection);
        };
        let frame = memory.rows.first_frame(first).unwrap_or(self.frames);
        // Old calls go for the room, which new ones overwrite.
        schema::overwrite(&self.connection, false)?;
        let removed = self.remove_before(first, frame);
        schema::overwrite(&self.connection, true)?;
        removed?;
        self.oldest_period = repeats::period(frame);
        self.saved.remove_before(first);
        drop(memory);
        self.published.change(|memory| {
            memory.remove_before(first);
            memory.version += 1;
        });
        Ok(true)
    }

    /// Removes what is before a place and before a frame from the file.
    fn remove_before(&mut self, first: usize, frame: i64) -> rusqlite::Result<()> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        schema::remove_before(&transaction, number(first), frame, number(first / SEGMENT))?;
        if documents::any_feedback(&transaction)? {
            let memory = self.published.get();
            let gone = (memory.rows.first()..first).filter_map(|place| memory.rows.get(place));
            for row in gone.filter(|row| !row.is_hole()) {
                let project = memory.dictionary.text(row.project);
                documents::remove_feedback(&transaction, project, &row.id.to_string())?;
            }
        }
        if repeats::period(frame) > self.oldest_period {
            repeats::remove_before(&transaction, frame)?;
        }
        transaction.commit()
    }

    /// Returns whether there is something to do in a file of an earlier server.
    pub(super) fn has_upgrade(&self) -> bool {
        self.upgrade.is_some()
    }

    /// Does the next of what is left to do in a file of an earlier server. On an error, nothing more is done until the next
    /// start.
    pub(super) fn upgrade(&mut self) -> rusqlite::Result<()> {
        if let Some(mut upgrade) = self.upgrade.take()
            && upgrade.step(&mut self.connection, &mut self.packer)?
        {
            self.upgrade = Some(upgrade);
        }
        Ok(())
    }

    /// Commits while the file may not grow.
    #[cfg(test)]
    pub(super) fn commit_on_full_disk(&mut self, batches: &[&Batch]) -> rusqlite::Result<()> {
        let limit = |connection: &Connection, pages: i64| {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        };
        limit(&self.connection, 1)?;
        let outcome = self.commit(batches);
        limit(&self.connection, 1 << 30)?;
        outcome
    }

    /// Returns the bytes of the file that are in use.
    #[cfg(test)]
    pub(super) fn used(&self) -> u64 {
        Pages::of(&self.connection).map_or(0, Pages::used)
    }

    /// Builds the row of a draft.
    fn row(&mut self, draft: &Draft) -> Row {
        let values = &mut self.values;
        draft.row(&mut self.dictionary, |dictionary, path, value| {
            values.admit(dictionary, path, value)
        })
    }

    /// Publishes the committed rows to readers.
    fn publish(&self, texts: usize, placed: Vec<(usize, Row)>) {
        self.published.change(|memory| {
            for text in self.dictionary.since(texts) {
                memory.dictionary.push(Arc::clone(text));
            }
            for (place, row) in placed {
                memory.put(place, row);
            }
            memory.version += 1;
        });
    }

    /// Moves the log into the file, so that one file is left.
    pub(super) fn close(mut self) -> rusqlite::Result<()> {
        let facts = self.published.get();
        let transaction = self.connection.transaction()?;
        self.saved.save_all(&transaction, &facts.rows)?;
        transaction.commit()?;
        schema::empty_log(&self.connection).map(drop)
    }
}

/// Returns a place or a count as the file has it.
fn number(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

/// Returns the bytes that other work than calls has taken; none if that cannot be read.
fn others(connection: &Connection) -> rusqlite::Result<u64> {
    let select = "SELECT others FROM space";
    let others: i64 = match connection.query_row(select, [], |row| row.get(0)) {
        Err(error) if schema::is_damage(&error) => 0,
        others => others?,
    };
    Ok(u64::try_from(others).unwrap_or(0))
}

fn file_id(connection: &Connection) -> Option<FileId> {
    FileId::at(connection.path()?.as_ref())
}

/// Returns the last frame in use. If the table cannot be read to its end, it is far behind those of all rows.
fn last_frame(connection: &Connection, facts: &Facts) -> rusqlite::Result<i64> {
    const FAR: i64 = 1 << 32;
    let select = "SELECT ifnull(max(frame), 0) FROM payload";
    match connection.query_row(select, [], |row| row.get(0)) {
        Err(error) if schema::is_damage(&error) => {
            let known = facts.last_frame().unwrap_or(0);
            Ok(known.saturating_add(FAR))
        }
        last => last,
    }
}

/// Converts an error of reading or packing a payload to an error of its database.
fn unpacked(error: io::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
