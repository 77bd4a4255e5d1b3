//! Columns give back the rows that were put in, and change as rows do.

use proptest::prelude::*;
use spanloom_core::Outcome;

use super::*;
use crate::store::Status;

fn id() -> impl Strategy<Value = Id> {
    prop_oneof!["[0-9a-f]{16}", "[0-9a-f]{32}", "[a-z]{1,5}"].prop_map(|text| Id::new(&text))
}

fn code() -> impl Strategy<Value = Option<Code>> {
    prop::option::of(0u32..4)
}

fn number() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        Just(None),
        (0i64..1_000).prop_map(Some),
        any::<i64>().prop_map(Some)
    ]
}

/// Returns any row, of few projects, models and attributes.
#[expect(clippy::too_many_lines, reason = "one line for each field")]
pub(crate) fn row() -> impl Strategy<Value = Row> {
    let codes = (
        (0u32..2, 0u32..2, 0u32..3),
        [code(), code(), code(), code(), code(), code(), code()],
    );
    let ids = (id(), id(), prop::option::of(id()));
    let times = (0i64..2_000, prop::option::of(-5i64..3_000), number());
    let counts = (number(), [number(), number(), number(), number()], number());
    let marks = (
        0u8..3,
        prop::option::of(0usize..4),
        any::<bool>(),
        prop::option::of(any::<bool>()),
        any::<bool>(),
    );
    let attributes = prop::collection::btree_map(0u32..6, 0u32..4, 0..4);
    (codes, ids, times, counts, marks, attributes).prop_map(
        |(
            codes,
            (id, trace, parent),
            (started_at, duration, first_chunk),
            (attempts, tokens, cost),
            marks,
            attributes,
        )| {
            let (
                (project, stream, op_name),
                [
                    thread,
                    user,
                    operation,
                    provider,
                    model,
                    request_model,
                    cost_source,
                ],
            ) = codes;
            let [input_tokens, output_tokens, cached_tokens, reasoning_tokens] = tokens;
            let (status, outcome, streamed, usage_estimated, reported_below) = marks;
            Row {
                project,
                stream,
                id,
                trace,
                parent,
                op_name,
                thread,
                user,
                operation,
                provider,
                model,
                request_model,
                status: Status::of(status),
                outcome: outcome.and_then(|outcome| Outcome::ALL.get(outcome).copied()),
                streamed,
                usage_estimated,
                cost_source,
                started_at,
                ended_at: duration.map(|duration| started_at + duration),
                first_chunk,
                attempts,
                input_tokens,
                output_tokens,
                cached_tokens,
                reasoning_tokens,
                cost,
                reported_below,
                attributes: attributes.into_iter().collect(),
                frame: started_at,
                slot: 3,
            }
        },
    )
}

/// Returns rows of which the first are sealed, as if `SEGMENT` were smaller.
pub(crate) fn facts(rows: &[Row]) -> Facts {
    let mut facts = Facts::default();
    for row in rows.iter().cycle().take(SEGMENT + OPEN + rows.len()) {
        facts.push(row.clone());
    }
    facts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rows_come_back_and_change(
        rows in prop::collection::vec(row(), 1..40),
        changes in prop::collection::vec((any::<prop::sample::Index>(), row()), 0..300),
    ) {
        let mut facts = facts(&rows);
        let mut naive: Vec<Row> = (0..facts.len()).map(|place| rows[place % rows.len()].clone()).collect();
        prop_assert!(facts.first_open() > 0 && facts.len() > facts.first_open());
        for (place, mut row) in changes {
            // Half of the changes are in the first rows, so that a segment is built anew.
            let place = place.index(naive.len());
            let place = if place % 2 == 0 { place % CHANGED } else { place };
            let old = &naive[place];
            (row.project, row.id) = (old.project, old.id.clone());
            facts.change(place, |old| *old = row.clone());
            naive[place] = row;
        }
        for (place, row) in naive.iter().enumerate() {
            let found = facts.get(place).unwrap();
            prop_assert_eq!(format!("{:?}", found), format!("{:?}", row));
            prop_assert!(facts.has_id(place, &row.id));
            prop_assert_eq!(facts.project(place), Some(row.project));
        }
        prop_assert!(facts.get(naive.len()).is_none());
        let mut bytes = facts.segment(0).unwrap().to_bytes();
        let read = Segment::from_bytes(&bytes).unwrap();
        for (index, row) in naive.iter().enumerate().take(SEGMENT) {
            prop_assert_eq!(format!("{:?}", read.row(index)), format!("{:?}", row));
        }
        prop_assert_eq!(&read.to_bytes(), &bytes);
        let damaged = bytes.len() / 3;
        bytes[damaged] ^= 4;
        prop_assert!(Segment::from_bytes(&bytes).is_none());
        prop_assert!(Segment::from_bytes(&bytes[..damaged]).is_none());
        let (project, trace) = (naive[0].project, naive[0].trace.clone());
        let of_trace = naive.iter().enumerate().filter(|(_, row)| row.project == project && row.trace == trace);
        let expected: Vec<usize> = of_trace.map(|(place, _)| place).collect();
        prop_assert_eq!(facts.trace(project, &trace), expected);
        let values = facts.values();
        for (path, value) in naive.iter().flat_map(|row| &row.attributes) {
            prop_assert!(values[path].contains(value));
        }
    }
}
