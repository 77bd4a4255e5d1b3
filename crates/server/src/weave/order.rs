//! The order of JSON values of any kind.

use std::cmp::Ordering;

use axum::http::StatusCode;
use serde_json::Value;

use super::expr::{self, FEEDBACK};
use super::query::SortBy;
use crate::reply::Problem;

/// The maximum number of fields to sort by. Weave's clients send one.
const SORTS: usize = 8;
/// The maximum bytes of a text that are considered when sorting.
const TEXT: usize = 256;

/// The values by which a thing is sorted.
pub(super) type Keys = Vec<Option<Value>>;

/// Refuses to sort by too many fields.
pub(super) fn check(fields: &[SortBy]) -> Result<(), Problem> {
    match fields.len() > SORTS {
        true => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("a query may sort by at most {SORTS} fields"),
        )),
        false => Ok(()),
    }
}

/// Returns the values by which a thing is sorted.
pub(super) fn keys(fields: &[SortBy], of: &Value) -> Keys {
    let keys = fields
        .iter()
        .map(|sort| match sort.field.starts_with(FEEDBACK) {
            true => key(expr::of_feedback(of, &sort.field).first()),
            false => key(expr::field(of, &sort.field)),
        });
    keys.collect()
}

/// Sorts things; equal ones keep their order.
pub(super) fn sort(fields: &[SortBy], things: Vec<Value>) -> Vec<Value> {
    let mut keyed: Vec<(Keys, Value)> = things
        .into_iter()
        .map(|one| (keys(fields, &one), one))
        .collect();
    keyed.sort_by(|(left, _), (right, _)| compare_all(fields, left, right));
    keyed.into_iter().map(|(_, one)| one).collect()
}

/// Returns the part of a value that determines its order: all lists and objects are equal, a text counts by its start.
fn key(value: Option<&Value>) -> Option<Value> {
    Some(match value? {
        Value::Array(_) | Value::Object(_) => Value::Array(Vec::new()),
        Value::String(text) => {
            let cut = (0..=TEXT.min(text.len()))
                .rev()
                .find_map(|end| text.get(..end));
            cut.unwrap_or_default().into()
        }
        other => other.clone(),
    })
}

/// Compares the values that two things have for each of the fields that they are sorted by.
pub(super) fn compare_all(
    fields: &[SortBy],
    left: &[Option<Value>],
    right: &[Option<Value>],
) -> Ordering {
    let keys = left.iter().zip(right).zip(fields);
    let orders = keys
        .map(|((left, right), sort)| compare(left.as_ref(), right.as_ref(), sort.is_descending()));
    orders.fold(Ordering::Equal, Ordering::then)
}

/// Compares two values. Numbers come before texts and lists, and missing values last, in both directions, as in W&B's server.
fn compare(left: Option<&Value>, right: Option<&Value>, descending: bool) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        Some(Value::Number(_)) => 0,
        Some(Value::Bool(_) | Value::String(_)) => 1,
        Some(Value::Array(_) | Value::Object(_)) => 2,
        Some(Value::Null) | None => 3,
    };
    let of_kind = || match descending {
        true => expr::compare(right, left),
        false => expr::compare(left, right),
    };
    rank(left).cmp(&rank(right)).then_with(of_kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_small_whatever_it_is_of() {
        let long = "ü".repeat(10_000);
        let of = |value: Value| key(Some(&value)).unwrap();
        assert_eq!(of(json!(long)).as_str().unwrap().len(), TEXT);
        assert_eq!(of(json!({"a": long})), json!([]));
        assert_eq!(of(json!(1.5)), json!(1.5));
        assert_eq!(key(None), None);
    }

    #[test]
    fn numbers_come_first_and_missing_values_last_in_both_directions() {
        for (descending, expected) in [
            (false, json!([2, 100, true, "a", "b", null])),
            (true, json!([100, 2, "b", "a", true, null])),
        ] {
            let mut values = [
                json!("b"),
                json!(null),
                json!(2),
                json!("a"),
                json!(true),
                json!(100),
            ];
            values.sort_by(|left, right| compare(Some(left), Some(right), descending));
            assert_eq!(json!(values), expected);
            assert_eq!(
                compare(None, Some(&json!(1)), descending),
                Ordering::Greater
            );
        }
    }
}
