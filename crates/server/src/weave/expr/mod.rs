//! Weave's query language: `{"$expr": …}`, evaluated over the JSON of a call or another thing.
//!
//! Truth has SQL's three values: a comparison with a missing value is neither true nor false, and so is its negation.
//!
//! | file | what |
//! |---|---|
//! | `field` | the values of fields |
//! | `value` | comparisons and conversions of values |

#[cfg(test)]
mod against_sql;
mod field;
mod value;

use std::cmp::Ordering;

use serde_json::Value;

pub(super) use self::field::{FEEDBACK, field, of_feedback};
pub(super) use self::value::compare;
use self::value::{converted, order, same, text};
use crate::reply::Problem;

/// The maximum nesting depth of an expression.
const DEPTH: usize = 32;

/// Returns whether a call satisfies a query.
pub(super) fn matches(query: &Value, call: &Value) -> Result<bool, Problem> {
    let value = evaluate(expression(query)?, call, DEPTH)?;
    Ok(truth(&value) == Some(true))
}

/// Returns the expression of a query.
pub(super) fn expression(query: &Value) -> Result<&Value, Problem> {
    query.get("$expr").ok_or_else(|| unknown("query", query))
}

/// Returns the paths of all fields in a query.
pub(super) fn fields(query: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open = vec![query];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$getField").and_then(Value::as_str));
                // What is in a literal is no expression.
                open.extend(
                    fields
                        .iter()
                        .filter(|(name, _)| *name != "$literal")
                        .map(|(_, of)| of),
                );
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

fn unknown(what: &str, value: &Value) -> Problem {
    let shown: String = value.to_string().chars().take(100).collect();
    Problem::bad_request(format!("unknown {what}: {shown}"))
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Null => None,
        _ => Some(true),
    }
}

fn evaluate(expr: &Value, call: &Value, depth: usize) -> Result<Value, Problem> {
    let depth = shallower(depth)?;
    let single = expr
        .as_object()
        .filter(|fields| fields.len() == 1)
        .and_then(|fields| fields.iter().next());
    let (operator, operand) = single.ok_or_else(|| unknown("expression", expr))?;
    let truths = || truths(operand, call, depth);
    let compared = |with: &dyn Fn(&Value, &Value) -> Value| compared(operand, call, depth, with);
    let ordered = |accept: fn(Ordering) -> bool| {
        compared(&|left, right| order(left, right).map(accept).into())
    };
    match operator.as_str() {
        "$literal" => Ok(operand.clone()),
        "$getField" => {
            let path = operand.as_str().ok_or_else(|| unknown("field", operand))?;
            let value = match path.starts_with(FEEDBACK) {
                true => of_feedback(call, path).into_iter().next(),
                false => field(call, path).cloned(),
            };
            Ok(value.unwrap_or_default())
        }
        "$and" => truths().map(|all| of_all(&all, false)),
        "$or" => truths().map(|all| of_all(&all, true)),
        "$not" => truths().map(|all| truth(&of_all(&all, true)).map(|any| !any).into()),
        "$eq" => {
            let asks_for_null = asks_for_null(operands(operand)?);
            if let Some(path) = feedback_field(operands(operand)?).filter(|_| asks_for_null) {
                // A null asks whether there is no such feedback.
                return Ok(of_feedback(call, path).is_empty().into());
            }
            compared(&|left, right| equal(left, right, asks_for_null))
        }
        "$gt" => ordered(Ordering::is_gt),
        "$gte" => ordered(Ordering::is_ge),
        "$lt" => ordered(Ordering::is_lt),
        "$lte" => ordered(Ordering::is_le),
        "$in" => contained(operand, call, depth),
        "$contains" => contains(operand, call, depth),
        "$convert" => convert(operand, call, depth),
        _ => Err(unknown("operator", expr)),
    }
}

fn shallower(depth: usize) -> Result<usize, Problem> {
    depth
        .checked_sub(1)
        .ok_or_else(|| Problem::bad_request("the query is nested too deeply"))
}

fn operands(operand: &Value) -> Result<&Vec<Value>, Problem> {
    operand
        .as_array()
        .ok_or_else(|| unknown("operands", operand))
}

/// Returns the truth of each operand. All are evaluated, so that their errors show, and no value is kept: a field may be a
/// whole prompt.
fn truths(operand: &Value, call: &Value, depth: usize) -> Result<Vec<Option<bool>>, Problem> {
    let truth = |operand| evaluate(operand, call, depth).map(|value| truth(&value));
    operands(operand)?.iter().map(truth).collect()
}

/// Returns the result of a comparison of two operands, of which one may have several values.
fn compared(
    operand: &Value,
    call: &Value,
    depth: usize,
    compare: &dyn Fn(&Value, &Value) -> Value,
) -> Result<Value, Problem> {
    let [left, right] = operands(operand)?.as_slice() else {
        return Err(unknown("operands", operand));
    };
    let (lefts, rights) = (values(left, call, depth)?, values(right, call, depth)?);
    if lefts.len() > 1 && rights.len() > 1 {
        let reason = "a query cannot compare two fields of feedback with each other";
        return Err(Problem::bad_request(reason));
    }
    let mut pairs = lefts
        .iter()
        .flat_map(|left| rights.iter().map(move |right| (left, right)));
    let mut all = Value::Bool(false);
    let is_any = pairs.any(|(left, right)| {
        let one = truth(&compare(left, right));
        if one.is_none() {
            all = Value::Null;
        }
        one == Some(true)
    });
    Ok(if is_any { true.into() } else { all })
}

/// Returns the truth of a list of which `decisive` decides by itself.
fn of_all(truths: &[Option<bool>], decisive: bool) -> Value {
    match truths {
        _ if truths.contains(&Some(decisive)) => decisive.into(),
        _ if truths.contains(&None) => Value::Null,
        _ => (!decisive).into(),
    }
}

/// Returns whether a comparison has a null that is written in the query: it asks for a missing value.
fn asks_for_null(operands: &[Value]) -> bool {
    operands
        .iter()
        .any(|operand| operand.get("$literal").is_some_and(Value::is_null))
}

/// Returns the operand that is a field of feedback.
fn feedback_field(operands: &[Value]) -> Option<&str> {
    let fields = operands
        .iter()
        .filter_map(|operand| operand.get("$getField")?.as_str());
    fields.into_iter().find(|path| path.starts_with(FEEDBACK))
}

fn equal(left: &Value, right: &Value, asks_for_null: bool) -> Value {
    let is_unknown = left.is_null() || right.is_null();
    match is_unknown && !asks_for_null {
        true => Value::Null,
        false => same(left, right).into(),
    }
}

/// Returns the values of an operand: several if it is a field of a call's feedback. Those of no feedback are one empty
/// text, as in W&B's server.
fn values(operand: &Value, call: &Value, depth: usize) -> Result<Vec<Value>, Problem> {
    let inner = operand
        .get("$convert")
        .and_then(|convert| Some((convert, convert.get("input")?)));
    if let Some((convert, input)) = inner {
        let depth = shallower(depth)?;
        let values = values(input, call, depth)?;
        return values
            .iter()
            .map(|value| converted(convert, value))
            .collect();
    }
    let path = operand.get("$getField").and_then(Value::as_str);
    let Some(path) = path.filter(|path| path.starts_with(FEEDBACK)) else {
        return Ok(vec![evaluate(operand, call, depth)?]);
    };
    let found = of_feedback(call, path);
    Ok(match found.is_empty() {
        true => vec![Value::String(String::new())],
        false => found,
    })
}

fn contained(operand: &Value, call: &Value, depth: usize) -> Result<Value, Problem> {
    let Some([left, Value::Array(list)]) = operand.as_array().map(Vec::as_slice) else {
        return Err(unknown("operands of $in", operand));
    };
    let items = list.iter().map(|item| evaluate(item, call, depth));
    let items: Vec<Value> = items.collect::<Result<_, _>>()?;
    let is_in = |left: &Value| (!left.is_null()).then(|| items.iter().any(|item| same(left, item)));
    let truths: Vec<Option<bool>> = values(left, call, depth)?.iter().map(is_in).collect();
    Ok(of_all(&truths, true))
}

fn contains(operand: &Value, call: &Value, depth: usize) -> Result<Value, Problem> {
    let parts = |name: &str| -> Result<Vec<Option<String>>, Problem> {
        let part = operand.get(name);
        let part = part.ok_or_else(|| unknown("operand of $contains", operand))?;
        let values = values(part, call, depth)?.into_iter();
        Ok(values
            .map(|value| (!value.is_null()).then(|| text(&value)))
            .collect())
    };
    let any_case = operand.get("case_insensitive").and_then(truth) == Some(true);
    let cased = |text: &str| match any_case {
        true => text.to_lowercase(),
        false => text.to_owned(),
    };
    let substr = parts("substr")?.into_iter().next().flatten();
    let substr = substr.map(|substr| cased(&substr));
    let has = |input: Option<String>| Some(cased(&input?).contains(substr.as_ref()?));
    let truths: Vec<Option<bool>> = parts("input")?.into_iter().map(has).collect();
    Ok(of_all(&truths, true))
}

fn convert(operand: &Value, call: &Value, depth: usize) -> Result<Value, Problem> {
    let input = operand
        .get("input")
        .ok_or_else(|| unknown("operand of $convert", operand))?;
    converted(operand, &evaluate(input, call, depth)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "expressions are written out where they are tested"
    )]
    fn holds(expr: Value) -> bool {
        let call = json!({"op_name": "f", "inputs": {"messages": [{"content": "Hello"}], "n": 3}, "exception": null, "started_at": "2026-11-22T10:00:00.5Z"});
        matches(&json!({"$expr": expr}), &call).unwrap_or_else(|problem| panic!("{problem:?}"))
    }

    #[test]
    fn every_operator() {
        let n = json!({"$getField": "inputs.n"});
        assert!(holds(json!({"$eq": [n, {"$literal": 3.0}]})));
        assert!(holds(json!({"$eq": [{"$literal": 1}, {"$literal": 1}]})));
        assert!(holds(
            json!({"$and": [{"$gt": [n, {"$literal": 2}]}, {"$lte": [n, {"$literal": 3}]}]})
        ));
        assert!(holds(
            json!({"$or": [{"$lt": [n, {"$literal": 2}]}, {"$gte": [n, {"$literal": 3}]}]})
        ));
        assert!(holds(json!({"$not": [{"$eq": [n, {"$literal": 4}]}]})));
        assert!(holds(
            json!({"$in": [n, [{"$literal": 1}, {"$literal": 3}]]})
        ));
        let content = json!({"$getField": "inputs.messages.0.content"});
        assert!(holds(
            json!({"$contains": {"input": content, "substr": {"$literal": "ell"}}})
        ));
        assert!(!holds(
            json!({"$contains": {"input": content, "substr": {"$literal": "ELL"}}})
        ));
        assert!(holds(
            json!({"$contains": {"input": content, "substr": {"$literal": "ELL"}, "case_insensitive": true}})
        ));
        assert!(holds(
            json!({"$eq": [{"$convert": {"input": n, "to": "string"}}, {"$literal": "3"}]})
        ));
        assert!(!holds(
            json!({"$convert": {"input": {"$getField": "exception"}, "to": "exists"}})
        ));
        assert!(
            !holds(json!({"$gt": [{"$getField": "nowhere"}, {"$literal": 0}]})),
            "what is missing is in no order"
        );
    }

    #[test]
    fn a_missing_value_is_neither_equal_nor_unequal() {
        let missing = json!({"$getField": "nowhere"});
        let is_one = json!({"$eq": [missing, {"$literal": 1}]});
        assert!(!holds(is_one.clone()) && !holds(json!({"$not": [is_one]})));
        let above = json!({"$gt": [missing, {"$literal": 1}]});
        assert!(!holds(json!({"$not": [above]})));
        assert!(!holds(
            json!({"$not": [{"$in": [missing, [{"$literal": 1}]]}]})
        ));
        let yes = json!({"$eq": [{"$literal": 1}, {"$literal": 1}]});
        let no = json!({"$not": [yes]});
        assert!(holds(json!({"$or": [is_one, yes]})) && !holds(json!({"$and": [is_one, yes]})));
        assert!(holds(json!({"$not": [{"$and": [is_one, no]}]})));
        assert!(holds(json!({"$eq": [missing, {"$literal": null}]})));
        assert!(!holds(
            json!({"$eq": [{"$getField": "inputs.n"}, {"$literal": null}]})
        ));
        // Without feedback, a field of it is empty.
        let output = json!({"$getField": "feedback.[wandb.runnable.x].payload.output"});
        assert!(holds(json!({"$eq": [output, {"$literal": ""}]})));
    }

    #[test]
    fn fields_of_a_query_are_found_and_literals_are_not() {
        let query = json!({"$expr": {"$and": [
            {"$in": [{"$getField": "a.b"}, [{"$literal": {"$getField": "no"}}]]},
            {"$contains": {"input": {"$convert": {"input": {"$getField": "c"}, "to": "string"}}, "substr": {"$literal": "x"}}},
        ]}});
        let mut found = fields(&query);
        found.sort_unstable();
        assert_eq!(found, ["a.b", "c"]);
    }

    #[test]
    fn times_are_compared_with_seconds_as_well_as_with_times() {
        let started = json!({"$getField": "started_at"});
        for (operator, than) in [
            ("$gt", json!(1_795_341_600.25)),
            ("$lt", json!(1_795_341_601)),
            ("$gt", json!("2026-11-22T10:00:00Z")),
        ] {
            assert!(holds(json!({operator: [started, {"$literal": than}]})));
            assert!(!holds(json!({operator: [{"$literal": than}, started]})));
        }
    }

    #[test]
    fn texts_are_numbers_and_times_where_they_are_compared_with_such() {
        let call = json!({"text": "2000", "number": 2000, "is": true, "time": "2026-11-22T10:00:00.5Z", "word": "apple"});
        let holds = |operator: &str, field: &str, literal: Value| {
            let query = json!({"$expr": {operator: [{"$getField": field}, {"$literal": literal}]}});
            matches(&query, &call).unwrap()
        };
        for (operator, field, literal) in [
            ("$eq", "text", json!(2000)),
            ("$gt", "text", json!(300)),
            ("$eq", "number", json!("2000")),
            ("$eq", "is", json!("true")),
            ("$eq", "time", json!("2026-11-22T11:00:00.500+01:00")),
            ("$gte", "time", json!("2026-11-22")),
            ("$lt", "time", json!("2026-11-22 10:01")),
        ] {
            assert!(holds(operator, field, literal), "{operator} {field}");
        }
        // What has no order is neither before nor after.
        for operator in ["$lt", "$gte"] {
            assert!(
                !holds(operator, "time", json!("garbage")) && !holds(operator, "word", json!(5))
            );
            assert!(!holds(operator, "word", json!("2026-11-22")));
        }
    }

    #[test]
    fn names_that_hold_dots_are_found() {
        let call = json!({"usage": {"gpt-4.1": {"n": 1}, "gpt-4": {"1": {"m": 2}}}, "otel": {"a.b": [{"c.d": 3}]}});
        for (path, value) in [
            ("usage.gpt-4.1.n", Some(1)),
            ("usage.gpt-4.1.m", Some(2)),
            ("otel.a.b.0.c.d", Some(3)),
            ("usage.gpt-4.2", None),
            ("otel.a.b.c.d", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(
                field(&call, path),
                value.map(Value::from).as_ref(),
                "{path}"
            );
        }
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for query in [
            json!({}),
            json!({"$expr": {"$regex": 1}}),
            json!({"$expr": {"$eq": [1]}}),
            json!({"$expr": 5}),
        ] {
            assert!(matches(&query, &json!({})).is_err(), "{query}");
        }
        let deep = (0..100).fold(json!({"$literal": true}), |expr, _| json!({"$not": [expr]}));
        assert!(matches(&json!({"$expr": deep}), &json!({})).is_err());
    }
}
