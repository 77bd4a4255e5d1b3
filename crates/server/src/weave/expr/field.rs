//! The values of fields, by their paths.

use serde_json::{Map, Value};

/// The start of fields of a call's feedback, which are empty texts if there is no such feedback, as in W&B's server.
pub(in crate::weave) const FEEDBACK: &str = "feedback.[";

/// Returns the value at a dotted path; numbers are list indices. `inputs_dump` is another name of `inputs`, and so on.
pub(in crate::weave) fn field<'a>(call: &'a Value, path: &str) -> Option<&'a Value> {
    at(call, path).or_else(|| {
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = call.get(head.strip_suffix("_dump")?)?;
        if rest.is_empty() {
            Some(value)
        } else {
            at(value, rest)
        }
    })
}

fn at<'a>(call: &'a Value, path: &str) -> Option<&'a Value> {
    let (step, rest) = path
        .split_once('.')
        .map_or((path, None), |(step, rest)| (step, Some(rest)));
    match call {
        Value::Object(fields) => named(fields, path),
        Value::Array(items) => {
            let item = items.get(step.parse::<usize>().ok()?)?;
            rest.map_or(Some(item), |rest| at(item, rest))
        }
        _ => None,
    }
}

/// Returns a field. A name may contain dots, as names of models and span attributes do: the longest match is taken.
fn named<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    fields.get(path).or_else(|| {
        path.rmatch_indices('.').find_map(|(dot, _)| {
            let (name, rest) = (path.get(..dot)?, path.get(dot + 1..)?);
            at(fields.get(name)?, rest)
        })
    })
}

/// Returns the value of a field in each feedback of its type, at `feedback.[TYPE].path`; `*` is any type.
pub(in crate::weave) fn of_feedback(call: &Value, path: &str) -> Vec<Value> {
    let parts = path.strip_prefix("feedback.").and_then(|rest| {
        let (kind, path) = rest.rsplit_once("].")?;
        Some((kind.strip_prefix('[')?, path))
    });
    let Some((kind, path)) = parts else {
        return Vec::new();
    };
    let all = call.get("feedback").and_then(Value::as_array);
    let is_of = |one: &&Value| kind == "*" || one.get("feedback_type").is_some_and(|it| it == kind);
    let of_kind = all.into_iter().flatten().filter(is_of);
    let value = |one: &Value| {
        let value = field(one, path).filter(|value| !value.is_null());
        value
            .cloned()
            .unwrap_or_else(|| Value::String(String::new()))
    };
    of_kind.map(value).collect()
}
