//! Conditions, and what questions ask for, at random.

use proptest::prelude::*;

use super::super::*;
use crate::store::{Code, Row};

/// Conditions, in a form that can be shown and applied naively.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    from: Option<i64>,
    to: Option<i64>,
    roots_only: bool,
    one_of: Vec<(Dimension, Vec<Option<Code>>)>,
    traces: Option<Vec<usize>>,
    at_least: Option<(Number, i64)>,
}

pub(super) fn number() -> impl Strategy<Value = Number> {
    prop::sample::select(vec![
        Number::StartedAt,
        Number::Latency,
        Number::FirstChunk,
        Number::Cost,
        Number::InputTokens,
        Number::OutputTokens,
        Number::TotalTokens,
    ])
}

pub(super) fn dimension() -> impl Strategy<Value = Dimension> {
    prop_oneof![
        Just(Dimension::Project),
        Just(Dimension::Stream),
        Just(Dimension::OpName),
        Just(Dimension::Operation),
        Just(Dimension::Provider),
        Just(Dimension::Model),
        Just(Dimension::Status),
        Just(Dimension::Outcome),
        Just(Dimension::Attribute(None)),
        (0u32..7).prop_map(|path| Dimension::Attribute(Some(path))),
    ]
}

pub(super) fn wanted() -> impl Strategy<Value = Wanted> {
    let codes = prop::collection::vec(prop::option::of(0u32..5), 1..4);
    (
        prop::option::of(0i64..2_000),
        prop::option::of(0i64..2_000),
        prop::bool::weighted(0.2),
        prop::collection::vec((dimension(), codes), 0..3),
        prop::option::weighted(0.2, prop::collection::vec(0usize..50, 1..3)),
        prop::option::weighted(0.3, (number(), 0i64..500)),
    )
        .prop_map(|(from, to, roots_only, one_of, traces, at_least)| Wanted {
            from,
            to,
            roots_only,
            one_of,
            traces,
            at_least,
        })
}

impl Wanted {
    pub(super) fn filter(&self, rows: &[Row]) -> Filter<'static> {
        let trace = |index: &usize| rows[index % rows.len()].trace.clone();
        let range = Range {
            from: self.from,
            to: self.to,
        };
        let traces = self.traces.as_ref();
        let filter = Filter::of_range(range)
            .with_roots_only(self.roots_only)
            .with_traces(traces.map(|traces| traces.iter().map(trace).collect()));
        let filter = match self.at_least {
            Some((number, least)) => {
                filter.with_number(number, move |value| value.is_some_and(|it| it >= least))
            }
            None => filter,
        };
        let one_of = self.one_of.iter().cloned();
        one_of.fold(filter, |filter, (of, codes)| filter.with_one_of(of, codes))
    }

    pub(super) fn accepts(&self, row: &Row, rows: &[Row]) -> bool {
        self.from.is_none_or(|from| row.started_at >= from)
            && self.to.is_none_or(|to| row.started_at < to)
            && (!self.roots_only || row.parent.is_none())
            && self
                .one_of
                .iter()
                .all(|(of, codes)| codes.contains(&of.of(row)))
            && self
                .at_least
                .is_none_or(|(number, least)| number.of(row).is_some_and(|value| value >= least))
            && self.traces.as_ref().is_none_or(|traces| {
                traces
                    .iter()
                    .any(|index| rows[index % rows.len()].trace == row.trace)
            })
    }
}
