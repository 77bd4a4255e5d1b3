//! The order of groups: by a measure or by name.

use super::stats::{Measure, find_measure, measure_names};
use crate::reply::Problem;
use crate::store::question::{Key, Series};

/// The order of groups.
#[derive(Clone, Copy)]
pub(super) struct Sort {
    /// `None` sorts by name.
    measure: Option<&'static Measure>,
    is_descending: bool,
}

impl Sort {
    /// Reads a measure or `key`, prefixed with - for descending.
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let (is_descending, name) = text
            .strip_prefix('-')
            .map_or((false, text), |name| (true, name));
        let measure = find_measure(name);
        if measure.is_none() && name != "key" {
            let names = measure_names();
            return Err(Problem::bad_request(format!(
                "sort must be key or one of {names}, prefixed with - for descending"
            )));
        }
        Ok(Self {
            measure,
            is_descending,
        })
    }

    /// Returns whether groups come in the order of their size, the largest first.
    pub(super) fn is_by_size(self) -> bool {
        self.is_descending && self.measure.is_some_and(|measure| measure.name == "calls")
    }

    /// Returns whether latency or first chunk decides.
    pub(super) fn is_of_times(self) -> bool {
        self.measure.is_some_and(|measure| measure.is_of_times)
    }

    /// Sorts groups. Unknown measures come last in either direction, equal ones by name.
    pub(super) fn apply<'m>(
        self,
        groups: &[(Key, Series)],
        names: impl Fn(&Key) -> [&'m str; 2],
    ) -> Vec<Key> {
        let value = |series: &Series| (self.measure?.of)(&series.all).as_f64();
        let ranked = groups.iter().map(|(key, series)| (value(series), *key));
        let mut ranked: Vec<(Option<f64>, Key)> = ranked.collect();
        ranked.sort_by(|(left, left_key), (right, right_key)| {
            let order = match (left, right) {
                (Some(left), Some(right)) => left.total_cmp(right),
                // In the direction of the sort, so that reversing it leaves them last.
                (left, right) if self.is_descending => left.is_some().cmp(&right.is_some()),
                (left, right) => right.is_some().cmp(&left.is_some()),
            };
            let order = if self.is_descending {
                order.reverse()
            } else {
                order
            };
            let by_name = || match (self.measure, self.is_descending) {
                (None, true) => names(right_key).cmp(&names(left_key)),
                _ => names(left_key).cmp(&names(right_key)),
            };
            order.then_with(by_name)
        });
        ranked.into_iter().map(|(_, key)| key).collect()
    }
}
