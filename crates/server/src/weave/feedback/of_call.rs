//! The feedback on a call, as a part of it.

use serde_json::{Map, Value};

use super::shown;
use crate::reply::Problem;
use crate::store::{DocumentKind, Store};
use crate::weave::digest::EXTERNAL;

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
pub(crate) fn of_call(
    store: &Store,
    project: &str,
    id: &str,
) -> Result<Vec<Map<String, Value>>, Problem> {
    /// The most feedback of a call that is read, and its bytes.
    const MOST: usize = 1_000;
    const MOST_BYTES: usize = 4 << 20;
    let (mut found, mut bytes) = (Vec::new(), 0);
    let reference = call_reference(project, id);
    store.documents(
        DocumentKind::Feedback,
        project,
        Some(&reference),
        |feedback| {
            bytes += feedback.fields.len();
            let mut fields = shown::fields(feedback, project);
            fields.retain(|name, _| OF_CALL.contains(&&**name) || name.starts_with("scorer_"));
            found.push(fields);
            found.len() < MOST && bytes < MOST_BYTES
        },
    )?;
    Ok(found)
}

/// Puts the feedback on a call into it, where queries find it.
pub(in crate::weave) fn put_into(call: &mut Value, feedback: Vec<Map<String, Value>>) {
    if let Some(fields) = call.as_object_mut() {
        let feedback = feedback.into_iter().map(Value::Object).collect();
        fields.insert("feedback".to_owned(), Value::Array(feedback));
    }
}
