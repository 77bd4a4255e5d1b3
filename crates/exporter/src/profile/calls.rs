//! The form of `/otel/v1/traces`: a span becomes a call.
//!
//! **Inputs and output.** If the span has the provider's own bodies, they are sent as `input` and `output`, in place of
//! `gen_ai.input.messages` and `gen_ai.output.messages`. The mapping unpacks only `input` and `output`: the call's
//! `inputs` are then the request itself (`inputs.messages`, `inputs.model`) and its `output` is the answer (`choices`),
//! as in a native record. The chat view looks for this form, and saved filters and columns of native calls name it.
//! `input.value`, the other candidate, is shown as chat too, but stays below its own name, and no query can reach a
//! name with a dot. Everything that would hide the two, or repeat their content (instructions, tools), is left out.
//! Spans without bodies keep their messages.
//!
//! **Attributes.** Names that the mapping does not read are invisible in a call, so they are sent in
//! `wandb.attributes`, which is merged at the root of the call's attributes: the user's own keys at the root as in a
//! record, ours in the group `spanloom`, the rest in `otel`, both as trees.

use std::borrow::Cow;

use opentelemetry::KeyValue;
use serde_json::{Map, Value};
use spanloom_core::weave::{self, free, insert};
use spanloom_core::{CallInfo, Endpoint, Record, StreamName, semconv as names};

use super::attributes::{Attributes, is_json, parsed};
use super::table::{self, Below, reads};
use super::user_attributes::user_attributes;

/// W&B shortens a span's name of this many characters or more when the name becomes the op's.
const LONG_NAME: usize = 128;
/// Characters of the longest display name.
const LONGEST_DISPLAY_NAME: usize = 1_024;

pub(super) fn attributes(
    name: &str,
    attributes: Vec<KeyValue>,
    stream: &StreamName,
) -> Vec<KeyValue> {
    let mut attributes = Attributes::new(attributes);
    content(&mut attributes);
    let mut root = user_attributes(&mut attributes);
    for reserved in Record::RESERVED {
        if let Some(value) = root.remove(reserved) {
            root.insert(free(&root, &format!("{reserved}_")), value);
        }
    }
    root.insert(Record::STREAM.to_owned(), stream.stream.clone().into());
    thread(&mut attributes);
    for (key, names) in table::IDS {
        if let Some(id) = attributes.take_text(names) {
            root.entry(*key).or_insert(id.into());
        }
    }
    unread(&mut attributes, &mut root);
    kind(&mut attributes);
    if name.chars().count() >= LONG_NAME && !attributes.has(table::DISPLAY_NAME) {
        let name: String = name.chars().take(LONGEST_DISPLAY_NAME).collect();
        attributes.set(table::DISPLAY_NAME, name);
    }
    attributes.set(table::ATTRIBUTES, Value::Object(root).to_string());
    attributes.into_vec()
}

/// Replaces the messages with the bodies they were made from.
fn content(attributes: &mut Attributes) {
    const NOTHING: &[&str] = &[];
    let content: [(_, _, &[(&str, Below)], _); 2] = [
        (
            names::SPANLOOM_REQUEST,
            table::INPUT,
            table::INPUTS,
            table::WITH_INPUTS,
        ),
        (
            names::SPANLOOM_RESPONSE,
            table::OUTPUT,
            table::OUTPUTS,
            NOTHING,
        ),
    ];
    for (body, alone, others, extra) in content {
        let Some(body) = attributes.take(body) else {
            continue;
        };
        // A body that is not JSON has been cut; the messages hold more.
        if !is_json(&body) && attributes.any(|name| reads(others, name)) {
            continue;
        }
        drop(attributes.take_such(|name| reads(others, name) || extra.contains(&name)));
        attributes.set(alone, body);
    }
    client(attributes);
}

/// Adds the client to the inputs, where the chat view expects it.
fn client(attributes: &mut Attributes) {
    let operation = attributes.text(names::GEN_AI_OPERATION_NAME);
    let api_type = attributes.text(names::OPENAI_API_TYPE);
    let Some(endpoint) = operation.and_then(|it| Endpoint::from_words(it, api_type)) else {
        return;
    };
    let server = attributes.text(names::SERVER_ADDRESS);
    let inputs = attributes.text(table::INPUT).unwrap_or_default();
    if let Cow::Owned(inputs) = weave::inputs(endpoint, inputs, server) {
        attributes.set(table::INPUT, inputs);
    }
}

/// Uses the session as the thread if there is no conversation.
fn thread(attributes: &mut Attributes) {
    let has_thread = table::CONVERSATIONS.iter().any(|it| attributes.has(it));
    let session = attributes.text(names::SESSION_ID).map(str::to_owned);
    if let Some(session) = session.filter(|_| !has_thread) {
        attributes.set(table::THREAD, session);
        attributes.set(table::IS_TURN, true);
    }
}

/// Moves attributes that are not read, or would be refused, to where they are visible.
fn unread(attributes: &mut Attributes, root: &mut Map<String, Value>) {
    let is_read = |name: &str| {
        [table::INPUTS, table::OUTPUTS, table::READ]
            .iter()
            .any(|table| reads(table, name))
    };
    let mut moved = attributes.take_such(|name| !is_read(name));
    moved.extend(attributes.take_branches());
    let mut groups = [(CallInfo::GROUP, Map::new()), (Record::OTHERS, Map::new())];
    let [(_, ours), (_, others)] = &mut groups;
    for (name, value) in moved {
        let value = parsed(value);
        match name.strip_prefix("spanloom.") {
            Some(name) => insert(ours, name, value),
            None => insert(others, &name, value),
        }
    }
    for (name, group) in groups {
        if !group.is_empty() {
            root.insert(name.to_owned(), group.into());
        }
    }
}

fn kind(attributes: &mut Attributes) {
    let is_named = table::KINDS.iter().any(|it| attributes.text(it).is_some());
    if !is_named {
        let kind = weave::kind(attributes.text(names::GEN_AI_OPERATION_NAME));
        attributes.set(table::KIND, kind);
    }
}
