//! The kinds of feedback, and what each must have. Source: W&B's server in its client 0.52.43.

use serde_json::Value;

use super::create::New;
use crate::reply::Problem;
use crate::weave::refs::Reference;

pub(super) const REACTION: &str = "wandb.reaction.1";
const NOTE: &str = "wandb.note.1";
pub(super) const ANNOTATION: &str = "wandb.annotation";
const RUNNABLE: &str = "wandb.runnable";
const MONITOR: &str = "wandb.agent_monitor";

/// The maximum characters of a note.
const LONGEST_NOTE: usize = 1_024;

/// Refuses feedback that lacks what its kind must have, or has what only other kinds have.
pub(super) fn check(new: &New) -> Result<(), Problem> {
    let kind = new.feedback_type.as_str();
    let text = |name: &str| new.payload.get(name).and_then(Value::as_str);
    if kind == REACTION && text("emoji").is_none() {
        return Err(invalid(kind, "emoji must be a text"));
    }
    if kind == NOTE {
        let characters = text("note").map_or(0, |note| note.chars().count());
        if !(1..=LONGEST_NOTE).contains(&characters) {
            return Err(invalid(kind, "note must have 1 to 1024 characters"));
        }
    }
    match kind.strip_prefix(ANNOTATION) {
        Some(name) => check_annotation(new, name)?,
        None if is_some(new.annotation_ref.as_ref()) => {
            let reason = "annotation_ref is not allowed for non-annotation feedback";
            return Err(Problem::bad_request(reason));
        }
        None => {}
    }
    let references = [
        ("runnable_ref", &new.runnable_ref),
        ("call_ref", &new.call_ref),
        ("trigger_ref", &new.trigger_ref),
    ];
    if kind == MONITOR {
        return match references
            .iter()
            .find(|(_, reference)| !is_some(reference.as_ref()))
        {
            Some((name, _)) => Err(required(name, "agent monitor feedback")),
            None => Ok(()),
        };
    }
    match kind.strip_prefix(RUNNABLE) {
        Some(name) => check_runnable(new, name),
        None => match references
            .iter()
            .find(|(_, reference)| is_some(reference.as_ref()))
        {
            Some((name, _)) => {
                let reason = format!("{name} is not allowed for non-runnable feedback");
                Err(Problem::bad_request(reason))
            }
            None => Ok(()),
        },
    }
}

fn check_annotation(new: &New, name: &str) -> Result<(), Problem> {
    let kind = &new.feedback_type;
    let name = name
        .strip_prefix('.')
        .ok_or_else(|| Problem::bad_request(format!("Invalid annotation feedback type: {kind}")))?;
    let reference = new.annotation_ref.as_deref().filter(|it| !it.is_empty());
    let reference = reference.ok_or_else(|| required("annotation_ref", "annotation feedback"))?;
    if Reference::parse(reference)?.name() != name {
        let reason = format!("annotation_ref must point to an object with name {name}");
        return Err(Problem::bad_request(reason));
    }
    match new.payload.contains_key("value") {
        true => Ok(()),
        false => Err(invalid(kind, "value is missing")),
    }
}

fn check_runnable(new: &New, name: &str) -> Result<(), Problem> {
    let kind = &new.feedback_type;
    let name = name
        .strip_prefix('.')
        .ok_or_else(|| Problem::bad_request(format!("Invalid runnable feedback type: {kind}")))?;
    let reference = new.runnable_ref.as_deref().filter(|it| !it.is_empty());
    let reference = reference.ok_or_else(|| required("runnable_ref", "runnable feedback"))?;
    let reference = Reference::parse(reference)?;
    if reference.name() != name {
        let reason = format!("runnable_ref must point to an object with name {name}");
        return Err(Problem::bad_request(reason));
    }
    if reference.is_op() && !is_some(new.call_ref.as_ref()) {
        return Err(required("call_ref", "runnable feedback on ops"));
    }
    match new.payload.contains_key("output") {
        true => Ok(()),
        false => Err(invalid(kind, "output is missing")),
    }
}

fn is_some(reference: Option<&String>) -> bool {
    reference.is_some_and(|reference| !reference.is_empty())
}

fn required(name: &str, kind: &str) -> Problem {
    Problem::bad_request(format!("{name} is required for {kind}"))
}

fn invalid(kind: &str, reason: &str) -> Problem {
    Problem::bad_request(format!(
        "Invalid payload for feedback_type {kind}: {reason}"
    ))
}
