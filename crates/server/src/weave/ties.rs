//! Calls that are equal in the first field of an order, sorted by the further fields. Rows know the first field, so that only
//! calls with an equal are read.

use std::ops::Range;
use std::sync::Arc;

use super::content::ByContent;
use super::query::SortBy;
use crate::app::App;
use crate::reply::Problem;
use crate::store::Memory;
use crate::store::question::Column;

/// Whole milliseconds, as clients see a latency.
const MILLISECOND: i64 = 1_000_000;

/// The order of calls within the order of a column.
pub(super) struct Ties {
    pub(super) project: String,
    pub(super) column: Column,
    pub(super) fields: Vec<SortBy>,
}

impl Ties {
    /// Sorts calls that are in the order of the column, and returns the first `most`. Calls beyond them count where they are
    /// equal to one of them.
    pub(super) async fn sort(
        self,
        app: &Arc<App>,
        memory: &Arc<Memory>,
        mut places: Vec<usize>,
        most: usize,
    ) -> Result<Vec<usize>, Problem> {
        let values: Vec<Option<i64>> = places
            .iter()
            .map(|place| self.value(memory, *place))
            .collect();
        let mut fields = Some(self.fields);
        let mut groups = groups(&values, most).into_iter().peekable();
        while let Some(group) = groups.next() {
            // Every group but the last needs the fields again.
            let fields = match groups.peek() {
                Some(_) => fields.clone(),
                None => fields.take(),
            };
            let by_fields = ByContent {
                project: self.project.clone(),
                expression: None,
                filter: None,
                expand: Vec::new(),
                fields: fields.unwrap_or_default(),
                most: usize::MAX,
            };
            let Some(equal) = places.get_mut(group) else {
                continue;
            };
            let sorted = by_fields.select(app, memory, equal.to_vec()).await?;
            for (place, sorted) in equal.iter_mut().zip(sorted) {
                *place = sorted;
            }
        }
        places.truncate(most);
        Ok(places)
    }

    /// Returns the value by which a call is sorted, as clients see it.
    fn value(&self, memory: &Memory, place: usize) -> Option<i64> {
        let row = memory.rows.get(place)?;
        match self.column {
            Column::Latency => row.latency().map(|latency| latency / MILLISECOND),
            _ => Some(row.started_at),
        }
    }
}

/// Returns the runs of equal values that begin among the first `most`.
fn groups(values: &[Option<i64>], most: usize) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut from = 0;
    for run in values.chunk_by(|left, right| left == right) {
        if from >= most {
            break;
        }
        if run.len() > 1 {
            groups.push(from..from + run.len());
        }
        from += run.len();
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_a_group_if_one_of_them_is_wanted() {
        let values = [1, 1, 2, 3, 3, 3, 4, 4].map(Some);
        let found = |values: &[Option<i64>], most| -> Vec<(usize, usize)> {
            let groups = groups(values, most).into_iter();
            groups.map(|group| (group.start, group.end)).collect()
        };
        for (most, expected) in [
            (8, vec![(0, 2), (3, 6), (6, 8)]),
            (4, vec![(0, 2), (3, 6)]),
            (3, vec![(0, 2)]),
            (0, vec![]),
        ] {
            assert_eq!(found(&values, most), expected, "{most}");
        }
        assert_eq!(found(&[None, None], 1), [(0, 2)]);
    }
}
