//! Segments in the file: copies of rows as columns, so that a start need not build them anew. A copy that is missing,
//! damaged or of another form costs time and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::facts::{Facts, SEGMENT, Segment};
use super::memory::Memory;
use super::row::Row;
use super::schema;

/// The segments that the file has.
#[derive(Debug, Default)]
pub(super) struct Saved {
    numbers: BTreeSet<usize>,
    /// The segments that changed after they were saved. They are saved again at the end: each change would write them whole.
    changed: BTreeSet<usize>,
}

impl Saved {
    /// Loads all rows into memory: whole segments where the file has them, else row by row.
    pub(super) fn load(connection: &Connection, memory: &mut Memory) -> rusqlite::Result<Self> {
        let mut saved = Self::default();
        let locations = schema::locations(connection)?;
        let (first, end) = (locations.start, locations.end);
        let segment = number_of(SEGMENT);
        let last = connection.query_row("SELECT max(number) FROM segment", [], |row| row.get(0));
        let last: Option<i64> = match last {
            Err(error) if schema::is_damage(&error) => None,
            last => last?,
        };
        let stored = last
            .map_or(0, |last| last.saturating_add(1))
            .min(end / segment);
        let removed = first / segment;
        let whole = stored.max(removed);
        // Nothing is known of their number if the table of calls is damaged.
        let count = if end < i64::MAX { end - first } else { 0 };
        memory.begin(index_of(first), index_of(count));
        for _ in 0..removed {
            memory.put_removed();
        }
        for number in removed..whole {
            let stored = read(connection, number)?;
            let rows = match stored.and_then(|data| Segment::from_bytes(&data)) {
                Some(segment) if segment.len() == SEGMENT => {
                    saved.numbers.insert(index_of(number));
                    segment
                }
                _ => Segment::of(
                    &rows(connection, number * segment)?
                        .iter()
                        .collect::<Vec<_>>(),
                ),
            };
            memory.put_segment(rows);
        }
        memory.count_all_once();
        schema::load_rows(connection, whole * segment..end, |loc, row| {
            while memory.rows.len() < index_of(loc) {
                memory.put_lost();
            }
            match row.is_hole() {
                true => memory.put_deleted(),
                false => memory.put(memory.rows.len(), row),
            }
        })?;
        Ok(saved)
    }

    /// Notes, in the transaction that does it, that the row at a place changes.
    pub(super) fn change(&mut self, connection: &Connection, place: usize) -> rusqlite::Result<()> {
        let number = place / SEGMENT;
        let was_saved = self.numbers.remove(&number);
        // Deleted again, should a transaction that deleted it have failed.
        if was_saved || self.changed.contains(&number) {
            self.changed.insert(number);
            let mut delete = connection.prepare_cached("DELETE FROM segment WHERE number = ?1")?;
            delete.execute([number_of(number)])?;
        }
        Ok(())
    }

    /// Forgets the segments before a place, which are removed.
    pub(super) fn remove_before(&mut self, first: usize) {
        for numbers in [&mut self.numbers, &mut self.changed] {
            *numbers = numbers.split_off(&(first / SEGMENT));
        }
    }

    /// Saves the next segment that is not saved, if there is one. Returns whether there was.
    pub(super) fn save_next(
        &mut self,
        connection: &Connection,
        facts: &Facts,
    ) -> rusqlite::Result<bool> {
        let sealed = facts.first() / SEGMENT..facts.sealed().len();
        let known = self.numbers.len() + self.changed.len();
        let next = match known == sealed.len() {
            true => None,
            false => sealed
                .into_iter()
                .find(|number| !self.numbers.contains(number) && !self.changed.contains(number)),
        };
        match next {
            Some(number) => self.save(connection, facts, number).map(|()| true),
            None => Ok(false),
        }
    }

    /// Reads again which segments the file has, after a transaction that was rolled back.
    pub(super) fn roll_back(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut select = connection.prepare_cached("SELECT number FROM segment")?;
        let numbers = select.query_map([], |row| row.get::<_, i64>(0))?;
        self.numbers.clear();
        for number in numbers {
            self.numbers.extend(usize::try_from(number?).ok());
        }
        self.changed.retain(|number| !self.numbers.contains(number));
        Ok(())
    }

    /// Saves all segments that are not saved.
    pub(super) fn save_all(
        &mut self,
        connection: &Connection,
        facts: &Facts,
    ) -> rusqlite::Result<()> {
        self.changed.clear();
        while self.save_next(connection, facts)? {}
        Ok(())
    }

    fn save(
        &mut self,
        connection: &Connection,
        facts: &Facts,
        number: usize,
    ) -> rusqlite::Result<()> {
        let Some(segment) = facts.segment(number) else {
            return Ok(());
        };
        let data = Arc::as_ref(&segment).to_bytes();
        let mut insert = connection
            .prepare_cached("INSERT OR REPLACE INTO segment(number, data) VALUES(?1, ?2)")?;
        insert.execute(params![number_of(number), data])?;
        self.numbers.insert(number);
        Ok(())
    }
}

fn index_of(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn number_of(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads a segment's bytes; `None` if they are missing or cannot be read.
fn read(connection: &Connection, number: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut select = connection.prepare_cached("SELECT data FROM segment WHERE number = ?1")?;
    match select.query_row([number], |row| row.get(0)).optional() {
        Err(error) if schema::is_damage(&error) => Ok(None),
        data => data,
    }
}

/// Reads the rows of a segment.
fn rows(connection: &Connection, first: i64) -> rusqlite::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::with_capacity(SEGMENT);
    let end = first.saturating_add(number_of(SEGMENT));
    schema::load_rows(connection, first..end, |loc, row| {
        rows.resize_with(index_of(loc - first), Row::lost);
        rows.push(row);
    })?;
    rows.resize_with(SEGMENT, Row::lost);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::draft::Draft;
    use crate::store::{Dictionary, Id};

    const ROWS: usize = 3 * SEGMENT;

    /// Returns rows of which each tenth reports the tokens of a span that arrived long before it.
    fn rows() -> Vec<Row> {
        let trace = Id::new(&"01".repeat(16));
        let row = |number: usize| {
            let record = serde_json::json!({
                "project_id": "e/p", "id": format!("{number:016x}"), "op_name": "f", "started_at": "2026-11-22T10:00:00Z",
            });
            let draft = Draft::new(
                serde_json::from_value::<spanloom_core::Record>(record)
                    .unwrap()
                    .into(),
            );
            let mut row = draft.row(&mut Dictionary::default(), |_, _, _| None);
            row.trace = trace.clone();
            let parent = number
                .checked_sub(SEGMENT)
                .filter(|parent| parent % 10 == 0);
            row.parent = parent.map(|parent| Id::new(&format!("{parent:016x}")));
            row.input_tokens = parent.map(|_| 7);
            row
        };
        (0..ROWS).map(row).collect()
    }

    fn shown(memory: &Memory) -> Vec<String> {
        (0..memory.rows.len())
            .map(|place| format!("{:?}", memory.rows.get(place).unwrap()))
            .collect()
    }

    fn load(connection: &Connection) -> (Memory, Saved) {
        let mut memory = Memory::default();
        let saved = Saved::load(connection, &mut memory).unwrap();
        (memory, saved)
    }

    #[test]
    fn a_start_from_segments_is_a_start_from_rows() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = schema::open(&folder.path().join("x.db")).unwrap();
        let transaction = connection.transaction().unwrap();
        for (loc, row) in (0..).zip(rows()) {
            schema::write(&transaction, loc, &row).unwrap();
        }
        transaction.commit().unwrap();
        let (memory, mut saved) = load(&connection);
        let expected = shown(&memory);
        let marked = expected
            .iter()
            .filter(|row| row.contains("reported_below: true"));
        assert_eq!(marked.count(), (ROWS - SEGMENT).div_ceil(10));
        assert!(saved.numbers.is_empty());
        saved.save_all(&connection, &memory.rows).unwrap();
        assert_eq!(saved.numbers.len(), memory.rows.sealed().len());
        assert_eq!(shown(&load(&connection).0), expected);

        // A row that changes takes its segment with it, until the end.
        let number = |saved: &Saved| saved.numbers.iter().copied().collect::<Vec<_>>();
        saved.change(&connection, 7).unwrap();
        assert_eq!(number(&saved), [1]);
        assert!(!saved.save_next(&connection, &memory.rows).unwrap());
        let (memory, mut saved) = load(&connection);
        assert_eq!(
            (shown(&memory), number(&saved)),
            (expected.clone(), vec![1])
        );
        saved.save_all(&connection, &memory.rows).unwrap();
        assert_eq!(number(&saved), [0, 1]);

        // A damaged segment is built again from its rows.
        let damage = "UPDATE segment SET data = CAST(substr(data, 1, 999) || x'f9' || substr(data, 1001) AS BLOB) WHERE number = 0";
        connection.execute_batch(damage).unwrap();
        let (memory, saved) = load(&connection);
        assert_eq!((shown(&memory), number(&saved)), (expected, vec![1]));
    }

    #[test]
    fn what_a_rolled_back_transaction_saved_is_not_saved() {
        let folder = tempfile::tempdir().unwrap();
        let connection = schema::open(&folder.path().join("x.db")).unwrap();
        let mut memory = Memory::default();
        rows()
            .into_iter()
            .for_each(|row| memory.put(memory.rows.len(), row));
        let mut saved = Saved::default();
        connection.execute_batch("BEGIN").unwrap();
        assert!(saved.save_next(&connection, &memory.rows).unwrap());
        connection.execute_batch("COMMIT; BEGIN").unwrap();
        assert!(saved.save_next(&connection, &memory.rows).unwrap());
        saved.change(&connection, 0).unwrap();
        connection.execute_batch("ROLLBACK").unwrap();
        saved.roll_back(&connection).unwrap();
        assert_eq!(saved.numbers.into_iter().collect::<Vec<_>>(), [0]);
        assert!(saved.changed.is_empty());
    }
}
