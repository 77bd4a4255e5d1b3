//! Frames of servers before schema 5, which did not note where earlier payloads of calls are, and to which texts frames refer.
//! They are looked at once, a few at a time while nothing else is to be written.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use rusqlite::{Connection, TransactionBehavior};

use super::facts::Facts;
use super::frame::Packer;
use super::{erase, schema};

/// The frames that are looked at in one transaction.
const STEP: i64 = if cfg!(test) { 1 } else { 8 };

/// Returns the statement that notes the last frame of an earlier server.
pub(super) fn note(connection: &Connection) -> rusqlite::Result<String> {
    let select = "SELECT ifnull(max(frame), 0) FROM payload";
    let last: i64 = match connection.query_row(select, [], |row| row.get(0)) {
        Err(error) if schema::is_damage(&error) => i64::MAX,
        last => last?,
    };
    Ok(match last {
        0 => String::new(),
        last => format!("INSERT INTO upgrade(last, done) VALUES({last}, 0);"),
    })
}

/// What is left to look at.
#[derive(Debug)]
pub(super) struct Upgrade {
    last: i64,
    done: i64,
    /// The slots of each frame to which a row refers, as bits.
    used: HashMap<i64, u64>,
}

impl Upgrade {
    /// Returns what is left of an upgrade, if anything is.
    pub(super) fn load(connection: &Connection, facts: &Facts) -> rusqlite::Result<Option<Self>> {
        let select = "SELECT last, done FROM upgrade";
        let found = connection.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?)));
        let (last, done): (i64, i64) = match found {
            // Nothing is left, or it cannot be known.
            Err(error) if schema::is_damage(&error) => return Ok(None),
            found => found?,
        };
        let mut used: HashMap<i64, u64> = HashMap::new();
        for (frame, slot) in facts.locations() {
            if (done + 1..=last).contains(&frame) {
                *used.entry(frame).or_default() |= 1 << slot.clamp(0, 63);
            }
        }
        Ok(Some(Self { last, done, used }))
    }

    /// Looks at the next frames: erases payloads to which no row refers, and notes the texts of the others. Returns whether
    /// there is more.
    pub(super) fn step(
        &mut self,
        connection: &mut Connection,
        packer: &mut Packer,
    ) -> rusqlite::Result<bool> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let select =
            "SELECT frame FROM payload WHERE frame > ?1 AND frame <= ?2 ORDER BY frame LIMIT ?3";
        let frames: Vec<i64> = transaction
            .prepare_cached(select)?
            .query_map([self.done, self.last, STEP], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for frame in &frames {
            let used = self.used.remove(frame).unwrap_or_default();
            let slots: BTreeSet<i64> = (0..63).filter(|slot| used & (1 << slot) == 0).collect();
            erase::payloads(&transaction, packer, *frame, &slots, |_, _| {})?;
        }
        let done = frames.last().copied();
        match done {
            Some(done) => transaction.execute("UPDATE upgrade SET done = ?1", [done])?,
            None => transaction.execute("DELETE FROM upgrade", [])?,
        };
        transaction.commit()?;
        self.done = done.unwrap_or(self.last);
        Ok(done.is_some())
    }
}
