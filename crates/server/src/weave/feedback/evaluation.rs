//! Evaluations of calls, as the convention's event states them: feedback, as the result of a scorer is.

use serde_json::{Map, Value};
use spanloom_core::{Evaluation, Timestamp};

use super::create::{MOST_BYTES, New};
use crate::store::Document;

/// Returns the feedback that an evaluation of a call is; `None` if it has no name or is too long.
pub(crate) fn evaluation(
    project: &str,
    call: &str,
    at: Timestamp,
    fields: &Map<String, Value>,
) -> Option<Document> {
    let feedback = Evaluation::of_event(fields)?.feedback(project, call, at)?;
    if feedback.to_string().len() > MOST_BYTES {
        return None;
    }
    let new: New = serde_json::from_value(feedback).ok()?;
    let (mut document, _) = new.made().ok()?;
    document.created_at = at;
    Some(document)
}
