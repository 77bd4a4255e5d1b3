//! Evaluations of calls, as the convention's event `gen_ai.evaluation.result` states them: the result of a scorer.
//!
//! Source: GenAI semantic conventions, `events.yaml`.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use spanloom_core::{Timestamp, semconv as names};

use super::create::MOST_BYTES;
use super::of_call::call_reference;
use crate::store::Document;
use crate::weave::digest::EXTERNAL;

/// The longest name of an evaluation, in characters.
const NAME_CHARS: usize = 128;
/// What an event states about a call, and its name in the result.
const OUTPUT: [(&str, &str); 4] = [
    (names::GEN_AI_EVALUATION_SCORE_VALUE, "score"),
    (names::GEN_AI_EVALUATION_SCORE_LABEL, "label"),
    (names::GEN_AI_EVALUATION_EXPLANATION, "explanation"),
    (names::ERROR_TYPE, "error"),
];

/// Returns the feedback that an evaluation of a call is; `None` if it has no name or is too long. The same event always has
/// the same id, so that it may be sent again.
pub(crate) fn evaluation(
    project: &str,
    call: &str,
    at: Timestamp,
    fields: &Map<String, Value>,
) -> Option<Document> {
    let name = fields.get(names::GEN_AI_EVALUATION_NAME)?.as_str()?;
    let name = reference_name(name);
    if name.is_empty() {
        return None;
    }
    let stated = OUTPUT.iter().filter_map(|(attribute, field)| {
        let value = fields.get(*attribute)?;
        Some(((*field).to_owned(), value.clone()))
    });
    let output: Map<String, Value> = stated.collect();
    let key = call_reference(project, call);
    let payload = json!({"output": output});
    let mut digest = Sha256::new();
    let text = payload.to_string();
    if text.len() > MOST_BYTES {
        return None;
    }
    for part in [&*key, &*at.to_string(), &*name, &*text] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let id: String = digest
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let fields = json!({
        "feedback_type": format!("wandb.runnable.{name}"),
        "creator": null,
        "payload": payload,
        // W&B asks for the scorer, and for no more of it than its name.
        "runnable_ref": format!("{EXTERNAL}{project}/object/{name}:{id}"),
        "call_ref": null,
        "annotation_ref": null,
        "trigger_ref": null,
    });
    Some(Document {
        id,
        key,
        created_at: at,
        fields: fields.to_string(),
    })
}

/// Returns a name as references may have it.
fn reference_name(name: &str) -> String {
    let allowed = |c: char| {
        if c.is_alphanumeric() || "-_. ".contains(c) {
            c
        } else {
            '-'
        }
    };
    name.trim().chars().take(NAME_CHARS).map(allowed).collect()
}
