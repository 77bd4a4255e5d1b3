//! `columns` of a query: the parts of a call that a client requests.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use spanloom_core::Record;

/// The fields of every answer, requested or not: clients cannot read a call without them.
const ALWAYS: [&str; 5] = ["project_id", "id", "trace_id", "op_name", "started_at"];
/// Further fields that clients require, but may be empty.
const EMPTY: [&str; 2] = ["attributes", "inputs"];

/// Returns the named fields as a whole: `inputs.model` selects all of `inputs`, as in Weave.
pub(super) fn of(call: &Record, columns: &[String]) -> BTreeMap<String, Box<RawValue>> {
    let text = serde_json::to_string(call).unwrap_or_default();
    let mut fields: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(&text).unwrap_or_default();
    let wanted = |name: &str| {
        columns
            .iter()
            .any(|column| column.split('.').next() == Some(name))
    };
    fields.retain(|name, value| {
        if EMPTY.contains(&name.as_str()) && !wanted(name) {
            value.clone_from(&RawValue::from_string("{}".to_owned()).unwrap_or_default());
        }
        ALWAYS.contains(&name.as_str()) || EMPTY.contains(&name.as_str()) || wanted(name)
    });
    fields
}
