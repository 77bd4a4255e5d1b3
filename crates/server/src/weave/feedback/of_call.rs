//! The feedback on a call, as a part of it.

use serde_json::{Map, Value};

use super::shown;
use crate::reply::Problem;
use crate::store::{DocumentKind, Store};
use crate::weave::digest::EXTERNAL;
use crate::weave::expr;

/// The fields of feedback in a call, besides ratings and tags.
const OF_CALL: [&str; 11] = [
    "id",
    "feedback_type",
    "weave_ref",
    "payload",
    "creator",
    "created_at",
    "wb_user_id",
    "runnable_ref",
    "call_ref",
    "trigger_ref",
    "annotation_ref",
];

/// Returns the reference to a call.
fn call_reference(project: &str, id: &str) -> String {
    format!("{EXTERNAL}{project}/call/{id}")
}

/// Returns the feedback of a call, as a list of `summary.weave.feedback`. Blocks on the disk.
pub(in crate::weave) fn of_call(
    store: &Store,
    project: &str,
    id: &str,
) -> Result<Vec<Map<String, Value>>, Problem> {
    /// The most feedback of a call that is read.
    const MOST: usize = 1_000;
    let mut found = Vec::new();
    let reference = call_reference(project, id);
    store.documents(
        DocumentKind::Feedback,
        project,
        Some(&reference),
        |feedback| {
            let mut fields = shown::fields(feedback, project);
            fields.retain(|name, _| OF_CALL.contains(&&**name) || name.starts_with("scorer_"));
            found.push(fields);
            found.len() < MOST
        },
    )?;
    Ok(found)
}

/// Returns whether a call meets a query about its feedback: with any one of it, as `feedback.[TYPE].payload.x`, where the
/// type may be `*`.
pub(in crate::weave) fn matches(
    query: &Value,
    call: &mut Value,
    all: &[Map<String, Value>],
) -> Result<bool, Problem> {
    if all.is_empty() {
        return expr::matches(query, call);
    }
    for one in all {
        let mut by_type = Map::new();
        // Of other types, the first counts.
        for other in all.iter().rev().chain([one]) {
            let kind = other.get("feedback_type").and_then(Value::as_str);
            let kind = format!("[{}]", kind.unwrap_or_default());
            by_type.insert(kind, Value::Object(other.clone()));
        }
        by_type.insert("[*]".to_owned(), Value::Object(one.clone()));
        if let Some(fields) = call.as_object_mut() {
            fields.insert("feedback".to_owned(), Value::Object(by_type));
        }
        if expr::matches(query, call)? {
            return Ok(true);
        }
    }
    Ok(false)
}
