//! The texts to which each frame refers, so that the deletion of calls finds those to which no other call refers.
//!
//! A list is the first number and the differences that follow, as text. Frames without texts have none. What frames of
//! earlier servers refer to is unknown until they were looked at.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::PERIOD;
use super::table::or_damage;

/// Writes the texts to which a frame refers.
pub(in crate::store) fn put_referred(
    connection: &Connection,
    frame: i64,
    texts: &BTreeSet<i64>,
) -> rusqlite::Result<()> {
    if texts.is_empty() {
        let mut delete = connection.prepare_cached("DELETE FROM frame_text WHERE frame = ?1")?;
        return or_damage(delete.execute([frame]).map(drop), ());
    }
    let insert = "INSERT OR REPLACE INTO frame_text(frame, texts) VALUES(?1, ?2)";
    let mut insert = connection.prepare_cached(insert)?;
    // The list is missed only where its page is read for a deletion, which then finds the damage.
    or_damage(insert.execute(params![frame, listed(texts)]).map(drop), ())
}

/// Returns those of the texts of a period to which no frame refers; none if that is unknown.
pub(in crate::store) fn unreferred(
    connection: &Connection,
    period: i64,
    texts: BTreeSet<i64>,
) -> rusqlite::Result<BTreeSet<i64>> {
    if texts.is_empty() {
        return Ok(texts);
    }
    or_damage(select(connection, period, texts), BTreeSet::new())
}

fn select(
    connection: &Connection,
    period: i64,
    mut texts: BTreeSet<i64>,
) -> rusqlite::Result<BTreeSet<i64>> {
    let first = period.saturating_mul(PERIOD);
    let unknown = "SELECT EXISTS(SELECT 1 FROM upgrade WHERE last >= ?1)";
    let mut unknown = connection.prepare_cached(unknown)?;
    if unknown.query_row([first], |row| row.get(0))? {
        return Ok(BTreeSet::new());
    }
    let select = "SELECT texts FROM frame_text WHERE frame >= ?1 AND frame < ?2";
    let mut select = connection.prepare_cached(select)?;
    let mut rows = select.query([first, first.saturating_add(PERIOD)])?;
    while let Some(row) = rows.next()? {
        for number in numbers(row.get_ref(0)?.as_str()?) {
            texts.remove(&number);
        }
    }
    Ok(texts)
}

fn listed(texts: &BTreeSet<i64>) -> String {
    let mut before = 0;
    let differences = texts.iter().map(|number| {
        let difference = number - before;
        before = *number;
        difference.to_string()
    });
    differences.collect::<Vec<_>>().join(",")
}

fn numbers(list: &str) -> impl Iterator<Item = i64> + '_ {
    let differences = list.split(',').filter_map(|text| text.parse().ok());
    differences.scan(0, |number: &mut i64, difference: i64| {
        *number = number.checked_add(difference)?;
        Some(*number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_back() {
        for texts in [vec![], vec![0], vec![7, 8, 1_000_000], vec![i64::MAX]] {
            let texts: BTreeSet<i64> = texts.into_iter().collect();
            assert_eq!(numbers(&listed(&texts)).collect::<BTreeSet<_>>(), texts);
        }
    }
}
