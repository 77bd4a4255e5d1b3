//! Texts that no call has any more, once old calls are gone: conversations, users, attribute values.

use std::ops::Range;

use rusqlite::Connection;

use super::memory::Memory;

/// Removes the texts that no row has from the dictionary and from the file. Codes are not given out again.
pub(super) fn remove(connection: &Connection, memory: &mut Memory) -> rusqlite::Result<()> {
    // Every text is in use until calls were removed.
    if memory.rows.first() == 0 {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    let used = memory.rows.codes(memory.dictionary.len());
    for unused in runs(&used) {
        let code = |place: usize| i64::try_from(place).unwrap_or(i64::MAX);
        let delete = "DELETE FROM dict WHERE code >= ?1 AND code < ?2";
        let mut delete = transaction.prepare_cached(delete)?;
        delete.execute([code(unused.start), code(unused.end)])?;
        memory.dictionary.forget(unused);
    }
    transaction.commit()
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
