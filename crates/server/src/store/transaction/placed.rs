//! The rows of a transaction that is not committed.

use hashbrown::HashMap;

use crate::store::repeats::TextHash;
use crate::store::{Code, Id, Row};

/// The rows that a transaction has written so far.
#[derive(Default)]
pub(super) struct Placed {
    pub(super) rows: Vec<(usize, Row)>,
    /// The numbers of the texts that are stored apart.
    pub(super) texts: HashMap<TextHash, i64>,
    pub(super) text_bytes: u64,
    /// The index of each call's last row.
    pub(super) by_id: HashMap<(Code, Id), usize>,
}

impl Placed {
    pub(super) fn add(&mut self, place: usize, row: Row) {
        self.by_id
            .insert((row.project, row.id.clone()), self.rows.len());
        self.rows.push((place, row));
    }
}
