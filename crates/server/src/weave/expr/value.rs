//! Values are compared and converted.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};
use spanloom_core::Timestamp;

use super::{truth, unknown};
use crate::reply::Problem;
use crate::weave::time;

/// Compares any two values: numbers by size, times by time and before other texts, kinds apart, missing values last.
pub(in crate::weave) fn compare(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        Some(Value::Bool(_)) => 0,
        Some(Value::Number(_)) => 1,
        Some(Value::String(_)) => 2,
        Some(Value::Array(_) | Value::Object(_)) => 3,
        Some(Value::Null) | None => 4,
    };
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => numbers(left, right),
        (Some(Value::String(left)), Some(Value::String(right))) => {
            // Fractions have as many digits as needed, so the texts of times are not in order.
            match (time::parse(left), time::parse(right)) {
                (Some(left), Some(right)) => left.cmp(&right),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => left.cmp(right),
            }
        }
        (Some(Value::Bool(left)), Some(Value::Bool(right))) => left.cmp(right),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// Compares numbers: whole ones exactly, also where floating point has no number for each.
fn numbers(left: &Number, right: &Number) -> Ordering {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => {
            let float = |number: &Number| number.as_f64().unwrap_or_default();
            float(left).total_cmp(&float(right))
        }
    }
}

/// Returns a whole number.
fn whole(number: &Number) -> Option<i128> {
    let of_float = |float: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
        (float.fract() == 0.0 && float.abs() < 1e38).then_some(float as i128)
    };
    number.as_i128().or_else(|| of_float(number.as_f64()?))
}

/// Converts a text that is compared with a number or a truth, as W&B's server does: a time to seconds since 1970. Keeps other
/// values.
pub(super) fn cast<'a>(value: &'a Value, other: &Value) -> Cow<'a, Value> {
    let converted = match (value, other) {
        (Value::String(text), Value::Number(_)) => match text.trim().parse::<i64>() {
            Ok(whole) => Some(whole.into()),
            Err(_) => number(text).map(Value::from),
        },
        (Value::String(text), Value::Bool(_)) => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    converted.map_or(Cow::Borrowed(value), Cow::Owned)
}

/// Reads a number, or the seconds since 1970 of a time.
pub(super) fn number(text: &str) -> Option<f64> {
    let seconds = || time::parse(text).map(Timestamp::as_seconds);
    text.trim().parse().ok().or_else(seconds)
}

/// Returns the order of two values; `None` if they have none: values of different kinds, and missing ones.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    let (left, right) = (&*cast(left, right), &*cast(right, left));
    let is_alike = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => false,
        // Lists and objects are equal or not.
        (Value::Array(_) | Value::Object(_), _) => {
            return (left == right).then_some(Ordering::Equal);
        }
        (Value::String(left), Value::String(right)) => {
            time::parse(left).is_some() == time::parse(right).is_some()
        }
        _ => std::mem::discriminant(left) == std::mem::discriminant(right),
    };
    is_alike.then(|| compare(Some(left), Some(right)))
}

/// Returns whether two values are equal: numbers by size, lists and objects with equal contents.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let is_same = |(name, left)| right.get(name).is_some_and(|right| same(left, right));
            left.len() == right.len() && left.iter().all(is_same)
        }
        _ => left == right || order(left, right) == Some(Ordering::Equal),
    }
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Converts a value as an operand of `$convert` asks for.
pub(super) fn converted(operand: &Value, value: &Value) -> Result<Value, Problem> {
    let number = || value.as_f64().or_else(|| number(&text(value)));
    match operand.get("to").and_then(Value::as_str) {
        Some("exists") => Ok((!value.is_null()).into()),
        Some("string") => Ok(if value.is_null() {
            Value::Null
        } else {
            text(value).into()
        }),
        Some("double") => Ok(number().into()),
        Some("int") => {
            let whole = value.as_i64().or_else(|| text(value).trim().parse().ok());
            Ok(whole.map_or_else(|| number().map(f64::trunc).into(), Value::from))
        }
        Some("bool") => Ok(truth(value).into()),
        _ => Err(unknown("conversion", operand)),
    }
}
