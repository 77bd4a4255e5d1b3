//! The order of groups: by a measure or by name.

use super::stats::{Measure, find_measure, measure_names};
use crate::reply::Problem;
use crate::store::question::{Key, Series, Tallied, Tally};

/// The value of a group, by a sum over its calls.
pub(super) type Of = fn(&Tally) -> Option<f64>;

fn total(of: &Tally) -> Option<f64> {
    (of.known > 0).then_some(of.total as f64)
}

fn mean(of: &Tally) -> Option<f64> {
    (of.known > 0).then(|| of.total as f64 / of.known as f64)
}

/// The measures that are sums, means or shares of one number, which are found for all groups faster than all measures.
const TALLIED: [(&str, Tallied, Of); 10] = [
    ("cost_usd", Tallied::Cost, total),
    ("mean_cost_usd", Tallied::Cost, mean),
    ("input_tokens", Tallied::InputTokens, total),
    ("mean_input_tokens", Tallied::InputTokens, mean),
    ("output_tokens", Tallied::OutputTokens, total),
    ("mean_output_tokens", Tallied::OutputTokens, mean),
    ("total_tokens", Tallied::TotalTokens, total),
    ("mean_total_tokens", Tallied::TotalTokens, mean),
    ("errors", Tallied::Errors, total),
    ("error_rate", Tallied::Errors, mean),
];

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

    /// Returns what decides if it is the sum, the mean or the share of one number of calls.
    pub(super) fn tallied(self) -> Option<(Tallied, Of)> {
        let name = self.measure?.name;
        let found = TALLIED.iter().find(|(measure, ..)| *measure == name);
        found.map(|(_, tallied, of)| (*tallied, *of))
    }

    /// Sorts groups by a measure of them.
    pub(super) fn apply<'m>(
        self,
        groups: &[(Key, Series)],
        names: impl Fn(&Key) -> [&'m str; 2],
    ) -> Vec<Key> {
        let value = |series: &Series| (self.measure?.of)(&series.all).as_f64();
        let ranked = groups.iter().map(|(key, series)| (value(series), *key));
        self.order(ranked.collect(), names)
    }

    /// Sorts groups by a value of each. Unknown values come last in either direction, equal ones by name.
    pub(super) fn order<'m>(
        self,
        mut ranked: Vec<(Option<f64>, Key)>,
        names: impl Fn(&Key) -> [&'m str; 2],
    ) -> Vec<Key> {
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
