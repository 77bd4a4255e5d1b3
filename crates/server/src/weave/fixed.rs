//! Conditions of a query on fields that rows have: they are answered without reading any call.

use serde_json::{Value, json};
use spanloom_core::Timestamp;

use super::expr;
use crate::reply::Problem;
use crate::store::question::{Dimension, Filter, Range};
use crate::store::{Code, Memory};

/// The conditions of a query that rows answer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fixed {
    range: (Option<i64>, Option<i64>),
    texts: Vec<(Dimension, String)>,
}

/// Divides a query into conditions that rows answer and a query for the rest, if there is one. A call that meets both meets
/// the query.
pub(super) fn split(query: &Value) -> Result<(Fixed, Option<Value>), Problem> {
    let expression = expr::expression(query)?;
    let mut fixed = Fixed::default();
    let parts = match expression.get("$and").and_then(Value::as_array) {
        Some(parts) => parts.as_slice(),
        None => std::slice::from_ref(expression),
    };
    let mut rest: Vec<&Value> = parts.iter().filter(|part| !fixed.take(part)).collect();
    let rest = match (rest.pop(), rest.is_empty()) {
        (None, _) => None,
        (Some(only), true) => Some(json!({"$expr": only})),
        (Some(last), false) => {
            rest.push(last);
            Some(json!({"$expr": {"$and": rest}}))
        }
    };
    Ok((fixed, rest))
}

impl Fixed {
    /// Takes a condition, if rows can answer it.
    fn take(&mut self, part: &Value) -> bool {
        self.take_time(part, false)
            .or_else(|| self.take_text(part))
            .is_some()
    }

    /// Takes a comparison of the start with a time, or its negation: every call has a start.
    fn take_time(&mut self, part: &Value, is_negated: bool) -> Option<()> {
        let (operator, operands) = part.as_object()?.iter().next()?;
        let operands = operands.as_array()?.as_slice();
        if let ("$not", [inner], false) = (operator.as_str(), operands, is_negated) {
            return self.take_time(inner, true);
        }
        let [left, right] = operands else {
            return None;
        };
        let is_start = |value: &Value| value.get("$getField").is_some_and(|it| it == "started_at");
        let (time, is_reversed) = match (is_start(left), is_start(right)) {
            (true, false) => (time(right.get("$literal")?)?, false),
            (false, true) => (time(left.get("$literal")?)?, true),
            _ => return None,
        };
        // Whether the start is after the time, and whether it may be equal.
        let (is_after, is_equal) = match operator.as_str() {
            "$gt" => (true, false),
            "$gte" => (true, true),
            "$lt" => (false, false),
            "$lte" => (false, true),
            _ => return None,
        };
        let (is_after, is_equal) = match is_negated {
            true => (!is_after, !is_equal),
            false => (is_after, is_equal),
        };
        let (from, to) = &mut self.range;
        match is_after != is_reversed {
            true => {
                let time = time.saturating_add(i64::from(!is_equal));
                *from = Some(from.map_or(time, |from| from.max(time)));
            }
            false => {
                let time = time.saturating_add(i64::from(is_equal));
                *to = Some(to.map_or(time, |to| to.min(time)));
            }
        }
        Some(())
    }

    fn take_text(&mut self, part: &Value) -> Option<()> {
        let [field, literal] = part.get("$eq")?.as_array()?.as_slice() else {
            return None;
        };
        let of = match field.get("$getField")?.as_str()? {
            "op_name" => Dimension::OpName,
            "thread_id" => Dimension::Thread,
            _ => return None,
        };
        let text = literal.get("$literal")?.as_str()?;
        self.texts.push((of, text.to_owned()));
        Some(())
    }

    /// Returns the range of starts, in nanoseconds since the epoch.
    pub(super) fn range(&self) -> Range {
        let (from, to) = self.range;
        Range { from, to }
    }

    /// Adds the conditions on texts to a filter.
    pub(super) fn narrow<'a>(&self, filter: Filter<'a>, memory: &Memory) -> Filter<'a> {
        self.texts.iter().fold(filter, |filter, (of, text)| {
            // No row has the code of an unknown text.
            let code = memory.dictionary.code(text).unwrap_or(Code::MAX);
            filter.with_one_of(*of, vec![Some(code)])
        })
    }
}

/// Reads a time: a text, or seconds since 1970.
fn time(literal: &Value) -> Option<i64> {
    match literal {
        Value::String(text) => super::time::parse(text).map(Timestamp::as_nanos),
        Value::Number(seconds) => {
            let seconds = seconds.as_f64().filter(|seconds| seconds.abs() < 9e9)?;
            // Seconds of today are no more exact than microseconds.
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the range is checked above"
            )]
            let micros = (seconds * 1e6).round() as i64;
            micros.checked_mul(1_000)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Value {
        json!({"$getField": "started_at"})
    }

    #[test]
    fn ranges_and_names_are_taken_and_the_rest_stays() {
        let content = json!({"$gt": [{"$getField": "inputs.n"}, {"$literal": 1}]});
        let query = json!({"$expr": {"$and": [
            {"$gt": [start(), {"$literal": 1}]},
            {"$gte": [{"$literal": "1970-01-01T00:00:09Z"}, start()]},
            {"$not": [{"$gt": [start(), {"$literal": 8.5}]}]},
            content,
            {"$eq": [{"$getField": "op_name"}, {"$literal": "f"}]},
        ]}});
        let (fixed, rest) = split(&query).unwrap();
        assert_eq!(fixed.range, (Some(1_000_000_001), Some(8_500_000_001)));
        assert_eq!(fixed.texts, [(Dimension::OpName, "f".to_owned())]);
        assert_eq!(rest, Some(json!({"$expr": content})));
        let (fixed, rest) = split(&json!({"$expr": {"$lt": [start(), {"$literal": 1}]}})).unwrap();
        assert_eq!((fixed.range, rest), ((None, Some(1_000_000_000)), None));
    }

    #[test]
    fn seconds_are_exact_to_the_microsecond() {
        for micros in [1_795_341_600_123_456_i64, 1_795_341_600_000_001] {
            assert_eq!(time(&json!(micros as f64 / 1e6)), Some(micros * 1_000));
        }
    }

    #[test]
    fn what_is_no_such_condition_is_left() {
        for expression in [
            json!({"$or": [{"$gt": [start(), {"$literal": 1}]}, {"$literal": true}]}),
            json!({"$gt": [start(), {"$literal": "yesterday"}]}),
            json!({"$gt": [start(), start()]}),
            json!({"$eq": [start(), {"$literal": 1}]}),
            json!({"$not": [{"$not": [{"$gt": [start(), {"$literal": 1}]}]}]}),
            json!({"$eq": [{"$getField": "op_name"}, {"$literal": null}]}),
            json!({"$literal": true}),
        ] {
            let query = json!({"$expr": expression});
            let (fixed, rest) = split(&query).unwrap();
            assert_eq!((fixed, rest), (Fixed::default(), Some(query)));
        }
        assert!(split(&json!({})).is_err());
    }
}
