//! Texts that no call has any more, once calls are gone: conversations, users, attribute values.

use std::ops::Range;

use rusqlite::Connection;

use super::memory::Memory;
use super::row::Row;

/// Removes the texts that no row has from the file. Returns their codes, which are not given out again.
pub(super) fn remove(
    connection: &Connection,
    memory: &Memory,
) -> rusqlite::Result<Vec<Range<usize>>> {
    // Every text is in use until calls are gone.
    if memory.rows.first() == 0 && memory.rows.count_holes(Row::DELETED) == 0 {
        return Ok(Vec::new());
    }
    let transaction = connection.unchecked_transaction()?;
    let used = memory.rows.codes(memory.dictionary.len());
    let unused: Vec<Range<usize>> = runs(&used).collect();
    for unused in &unused {
        let code = |place: usize| i64::try_from(place).unwrap_or(i64::MAX);
        let delete = "DELETE FROM dict WHERE code >= ?1 AND code < ?2";
        let mut delete = transaction.prepare_cached(delete)?;
        delete.execute([code(unused.start), code(unused.end)])?;
    }
    transaction.commit()?;
    Ok(unused)
}

/// Returns the ranges of codes that are not marked as used, as long as they can be.
fn runs(used: &[bool]) -> impl Iterator<Item = Range<usize>> {
    let runs = used.chunk_by(|one, next| one == next);
    let places = runs.scan(0, |start, run| {
        let range = *start..*start + run.len();
        *start = range.end;
        Some((range, run.first() == Some(&false)))
    });
    places.filter_map(|(range, is_unused)| is_unused.then_some(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_as_long_as_they_can_be() {
        let used = [false, true, true, false, false, true];
        assert_eq!(runs(&used).collect::<Vec<_>>(), [0..1, 3..5]);
        assert_eq!(runs(&[true, false]).next(), Some(1..2));
        assert_eq!(runs(&[]).count(), 0);
    }
}
