//! Calls that are equal in the first field of an order, sorted by the further fields. Rows know the first field, so that only
//! calls with an equal are read.

use std::sync::Arc;

use super::content::ByContent;
use super::query::SortBy;
use crate::app::App;
use crate::reply::Problem;
use crate::store::Memory;
use crate::store::question::{Column, Number};

/// Whole milliseconds, as clients see a latency.
const MILLISECOND: i64 = 1_000_000;

/// The order of calls within the order of a column.
pub(super) struct Ties {
    pub(super) project: String,
    pub(super) column: Column,
    pub(super) fields: Vec<SortBy>,
    /// Paths at which references are followed.
    pub(super) expand: Vec<String>,
}

impl Ties {
    /// Sorts calls that are in the order of the column, and returns the first `most`. Calls beyond them count where they are
    /// equal to one of them.
    pub(super) async fn sort(
        self,
        app: &Arc<App>,
        memory: &Arc<Memory>,
        places: &[usize],
        most: usize,
    ) -> Result<Vec<usize>, Problem> {
        let values: Vec<Option<i64>> = places
            .iter()
            .map(|place| self.value(memory, *place))
            .collect();
        let mut sorted = Vec::with_capacity(most.min(places.len()));
        let mut from = 0;
        for run in values.chunk_by(|left, right| left == right) {
            if sorted.len() >= most {
                break;
            }
            let equal = places.get(from..from + run.len()).unwrap_or_default();
            from += run.len();
            if equal.len() == 1 {
                sorted.extend_from_slice(equal);
                continue;
            }
            let by_fields = ByContent {
                project: self.project.clone(),
                expression: None,
                filter: None,
                expand: self.expand.clone(),
                fields: self.fields.clone(),
                most: most - sorted.len(),
            };
            sorted.extend(by_fields.select(app, memory, equal.to_vec()).await?);
        }
        sorted.truncate(most);
        Ok(sorted)
    }

    /// Returns the value by which a call is sorted, as clients see it.
    fn value(&self, memory: &Memory, place: usize) -> Option<i64> {
        let row = memory.rows.get(place)?;
        match self.column {
            Column::Number(Number::Latency) => row.latency().map(|latency| latency / MILLISECOND),
            _ => Some(row.started_at),
        }
    }
}
