//! The order of JSON values of any kind.

use std::cmp::Ordering;

use serde_json::Value;

use super::expr;
use super::query::SortBy;

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
