//! `columns` of a query: parts of a call, for those who do not need all of it.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use spanloom_core::Record;

/// What every call has, asked for or not: clients do not read one without.
const ALWAYS: [&str; 5] = ["project_id", "id", "trace_id", "op_name", "started_at"];
/// What clients do not read a call without either, but empty will do.
const EMPTY: [&str; 2] = ["attributes", "inputs"];

/// The fields named, whole: `inputs.model` brings all of `inputs`, as it does with Weave.
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
