//! Answers from the columns against answers from the rows, one by one.

mod naive;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::store::facts::Facts;
use crate::store::facts::tests::{facts, row};
use crate::store::{Code, Dictionary, Row, Status};
use naive::Naive;
use wanted::{dimension, number, wanted};

fn until() -> Until {
    // The client of a test never leaves.
    let (until, client) = Until::start();
    Box::leak(Box::new(client));
    until
}

fn all(facts: &Facts) -> Vec<Row> {
    (0..facts.len())
        .map(|place| facts.get(place).unwrap().into_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn columns_answer_as_rows_do(
        rows in prop::collection::vec(row(), 1..60),
        changes in prop_oneof![
            Just(Vec::new()),
            prop::collection::vec((any::<prop::sample::Index>(), row()), 0..20),
        ],
        wanted in wanted(),
        groups in (prop::option::of(dimension()), prop::option::of(dimension())),
        column in prop::sample::select(vec![
            Column::Number(Number::StartedAt), Column::Number(Number::Latency), Column::Number(Number::FirstChunk),
            Column::Number(Number::Cost), Column::Number(Number::InputTokens), Column::Number(Number::OutputTokens),
            Column::Number(Number::TotalTokens), Column::Model, Column::Status,
        ]),
        of_number in number(),
        (descending, newest_first, most) in (any::<bool>(), any::<bool>(), 0usize..60),
    ) {
        let mut facts = facts(&rows);
        for (place, mut row) in changes {
            facts.change(place.index(facts.len()), |old| {
                (row.project, row.id) = (old.project, old.id.clone());
                *old = row;
            });
        }
        let naive = all(&facts);
        let filter = wanted.filter(&rows);
        let met: Vec<(usize, &Row)> = naive.iter().enumerate().filter(|(_, row)| wanted.accepts(row, &rows)).collect();

        // Measures, by time and by group.
        let groups = [groups.0, groups.0.and(groups.1)];
        let starts = met.iter().map(|(_, row)| row.started_at);
        let starts = (starts.clone().min().unwrap_or(0), starts.max().unwrap_or(-1));
        let by = By { groups, which: Which::Largest(3), starts, most_bins: 7, with_times: true };
        let named = vec![[None, None], [Some(1), None]];
        let these = By { which: Which::These(named.clone()), with_times: false, ..by.clone() };
        let order = |_, left: &Key, right: &Key| left.cmp(right);
        let by_again = by.clone();
        let both = breakdowns(&facts, &filter, vec![by, these], order, &until()).unwrap();
        let [found, these] = both.try_into().unwrap();
        // What was kept about segments answers as they do.
        let again = breakdown(&facts, &filter, by_again, Ord::cmp, &until()).unwrap();
        Naive::of(met.iter().map(|(_, row)| *row)).check(&again.all.all)?;
        prop_assert_eq!(again.groups_total, found.groups_total);
        Naive::of(met.iter().map(|(_, row)| *row)).check(&found.all.all)?;
        for (bin, measures) in found.all.bins.iter().enumerate() {
            let of_bin = met.iter().filter(|(_, row)| found.bins.of(row.started_at) == Some(bin));
            Naive::of(of_bin.map(|(_, row)| *row)).check(measures)?;
        }
        let key = |row: &Row| groups.map(|group| group.and_then(|group| group.of(row)));
        let mut sizes: BTreeMap<Key, usize> = BTreeMap::new();
        for (_, row) in &met {
            *sizes.entry(key(row)).or_default() += usize::from(row.counts());
        }
        let sizes_total = sizes.len();
        prop_assert_eq!(found.groups_total, sizes_total);
        let mut largest: Vec<_> = sizes.into_iter().collect();
        largest.sort_by_key(|(key, size)| (std::cmp::Reverse(*size), *key));
        let keys: Vec<Key> = largest.iter().map(|(key, _)| *key).take(3).collect();
        prop_assert_eq!(found.groups.iter().map(|(key, _)| *key).collect::<Vec<_>>(), keys);
        for (of, series) in &found.groups {
            Naive::of(met.iter().map(|(_, row)| *row).filter(|row| key(row) == *of)).check(&series.all)?;
        }

        prop_assert_eq!(these.groups.iter().map(|(key, _)| *key).collect::<Vec<_>>(), named);
        for (of, series) in &these.groups {
            let calls = met.iter().map(|(_, row)| *row).filter(|row| key(row) == *of && row.counts());
            let cost = calls.clone().filter_map(|row| row.cost).map(i128::from).sum::<i128>();
            let cost = i64::try_from(cost).unwrap_or(i64::MAX);
            prop_assert_eq!(series.all.calls, calls.count() as u64);
            prop_assert_eq!(series.all.cost.total().unwrap_or(0), cost);
            prop_assert_eq!(series.all.latency.quantile(0.5), None);
        }
        prop_assert_eq!(these.all.all.calls, found.all.all.calls);

        // One measure of every group, twice: from rows, and from what was kept.
        for _ in 0..2 {
            let found = tallies(&facts, &filter, groups, Tallied::Cost, &until()).unwrap();
            prop_assert_eq!(found.len(), sizes_total);
            for (of, tally) in &found {
                let calls = met.iter().map(|(_, row)| *row).filter(|row| key(row) == *of && row.counts());
                let costs = calls.clone().filter_map(|row| row.cost);
                let total = costs.clone().map(i128::from).sum::<i128>();
                let expected = (calls.count() as u64, costs.count() as u64, total);
                prop_assert_eq!((tally.calls, tally.known, tally.total), expected);
            }
            let errors = tallies(&facts, &filter, groups, Tallied::Errors, &until()).unwrap();
            let total: i128 = errors.values().map(|tally| tally.total).sum();
            let failed = met.iter().filter(|(_, row)| row.counts() && row.status == Status::Error);
            prop_assert_eq!(total, failed.count() as i128);
        }

        // What there is to filter by.
        let counted = counts(&facts, &filter, Dimension::Model, &until()).unwrap();
        let mut models: BTreeMap<Option<Code>, u64> = BTreeMap::new();
        met.iter().for_each(|(_, row)| *models.entry(row.model).or_default() += 1);
        prop_assert_eq!(counted.into_iter().collect::<BTreeMap<_, _>>(), models);
        prop_assert_eq!(super::starts(&facts, &filter, &until()).unwrap(), (!met.is_empty()).then_some(starts));
        let mut values: BTreeMap<Code, BTreeSet<Code>> = BTreeMap::new();
        for (path, value) in met.iter().flat_map(|(_, row)| &row.attributes) {
            values.entry(*path).or_default().insert(*value);
        }
        let values: BTreeMap<Code, usize> = values.into_iter().map(|(path, values)| (path, values.len())).collect();
        let found = attributes(&facts, &filter, &until()).unwrap();
        prop_assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), values);

        // The values of an attribute.
        let of = Dimension::Attribute(Some(3));
        let mut naive: BTreeMap<Code, u64> = BTreeMap::new();
        for code in met.iter().filter_map(|(_, row)| of.of(row)).filter(|code| code % 2 == 0) {
            *naive.entry(code).or_default() += 1;
        }
        let mut naive: Vec<(Code, u64)> = naive.into_iter().collect();
        naive.sort_by_key(|(code, calls)| (std::cmp::Reverse(*calls), *code));
        let found = distinct(&facts, &filter, of, |code| code % 2 == 0, |left, right| left.cmp(&right), &until()).unwrap();
        prop_assert_eq!(found, naive);

        // The spread of numbers, by group.
        let mut by_group: BTreeMap<Key, Vec<i64>> = BTreeMap::new();
        for (_, row) in met.iter().filter(|(_, row)| row.counts()) {
            let key = groups.map(|group| group.and_then(|group| group.of(row)));
            by_group.entry(key).or_default().extend(of_number.of(row));
        }
        let keys: Vec<Key> = by_group.keys().copied().collect();
        let no_texts = Dictionary::default();
        let of = [Quantity::Number(of_number)];
        let asked = Spreads { by: groups, groups: &keys, of: &of, texts: &no_texts };
        let found = spread(&facts, &filter, &asked, &until()).unwrap();
        for (values, found) in by_group.values().zip(found) {
            let found = found[0];
            let count = values.len() as f64;
            let mean = values.iter().map(|value| *value as f64).sum::<f64>() / count;
            let squares: f64 = values.iter().map(|value| (*value as f64 - mean).powi(2)).sum();
            let deviation = (count > 1.0).then(|| (squares / (count - 1.0)).sqrt());
            let size = values.iter().map(|value| (*value as f64).abs()).fold(1.0, f64::max);
            let near = |found: Option<f64>, expected: f64| {
                found.is_some_and(|found| (found - expected).abs() <= size * 1e-7)
            };
            prop_assert_eq!(found.count, values.len() as u64);
            prop_assert_eq!(found.mean().is_some(), !values.is_empty());
            prop_assert!(values.is_empty() || near(found.mean(), mean));
            prop_assert_eq!(found.deviation().is_some(), deviation.is_some());
            prop_assert!(deviation.is_none_or(|expected| near(found.deviation(), expected)));
        }

        // A page.
        let mut dictionary = Dictionary::default();
        for text in ["d", "a", "c", "b", "e"] {
            dictionary.intern(text);
        }
        let order = Order { column, descending, newest_first };
        let found = page(&facts, &dictionary, &filter, order, most, &until()).unwrap();
        prop_assert_eq!(found.total, met.len());
        let text = |code: Option<Code>| code.map(|code| dictionary.text(code).to_owned());
        let value = |row: &Row| match column {
            Column::Number(number) => (number.of(row), None),
            Column::Model => (row.model.map(|_| 0), text(row.model)),
            Column::Status => (Some(0), Some(row.status.as_str().to_owned())),
        };
        let mut sorted = met;
        if newest_first {
            sorted.reverse();
        }
        sorted.sort_by(|(_, left), (_, right)| {
            let (left, right) = (value(left), value(right));
            match (left.0.is_some(), right.0.is_some()) {
                (true, true) if descending => right.cmp(&left),
                (true, true) => left.cmp(&right),
                (left, right) => right.cmp(&left),
            }
        });
        let places: Vec<usize> = sorted.into_iter().map(|(place, _)| place).take(most).collect();
        prop_assert_eq!(found.places, places);
    }
}

#[test]
fn a_segment_that_one_view_takes_whole_leaves_the_next_to_all_views() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    use crate::store::facts::SEGMENT;

    let mut runner = TestRunner::deterministic();
    let template = row().new_tree(&mut runner).unwrap().current();
    let at = |project: Code, started_at: i64| Row {
        project,
        started_at,
        reported_below: false,
        ..template.clone()
    };
    // The first segment has calls of another project only, in two time buckets; the second one has a changed row.
    let mut facts = Facts::default();
    let day = 86_400_000_000_000;
    for n in 0..4 * SEGMENT {
        let start = i64::try_from(n).unwrap();
        facts.push(match n < SEGMENT {
            true => at(1, start % 2 * day),
            false => at(2, start),
        });
    }
    facts.change(SEGMENT + 3, |row| row.started_at += 1);
    let of = |project| Filter::default().with_one_of(Dimension::Project, vec![Some(project)]);
    let by = |most_bins| By {
        groups: [None, None],
        which: Which::These(vec![[None, None]]),
        starts: (0, 2 * day),
        most_bins,
        with_times: false,
    };
    let order = |_, left: &Key, right: &Key| left.cmp(right);
    // What the first question keeps about the first segment, the second one finds.
    for (project, segments) in [(1, 1), (2, 3)] {
        let by = vec![by(1), by(4)];
        for found in breakdowns(&facts, &of(project), by, order, &until()).unwrap() {
            assert_eq!(found.all.all.calls, segments * SEGMENT as u64);
        }
    }
}
