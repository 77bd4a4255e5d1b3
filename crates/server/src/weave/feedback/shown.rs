//! Feedback as clients read it.

use serde_json::{Map, Value, json};

use crate::store::Document;
use crate::weave::graphql::USER_NAME;

/// Returns all fields of feedback.
pub(super) fn fields(feedback: Document, project: &str) -> Map<String, Value> {
    let mut fields: Map<String, Value> = serde_json::from_str(&feedback.fields).unwrap_or_default();
    for (name, value) in [
        ("id", Value::from(feedback.id)),
        ("project_id", project.into()),
        ("weave_ref", feedback.key.into()),
        ("created_at", json!(feedback.created_at)),
        ("wb_user_id", USER_NAME.into()),
    ] {
        fields.insert(name.to_owned(), value);
    }
    fields
}
