//! A record as W&B's own server accepts it.
//!
//! The server's storage checks more than its request models do, and one refused call fails its whole request. Source:
//! `weave/trace_server/validation.py` of PyPI `weave` 0.52.43; run by `tests/real/weave`.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Json, Record};
use crate::{Endpoint, weave};

/// The maximum length of an op's name, in characters.
const OP_NAME: usize = 128;
/// The maximum length of a display name, in characters.
const DISPLAY_NAME: usize = 1_024;
/// The attribute that holds the end user's id.
const USER: &str = "user";
/// The attribute group of Weave's own clients.
const WEAVE: &str = "weave";
/// The recorder of the call, stored in Weave's group.
const SOURCE: &str = "spanloom";

impl Record {
    /// Returns the record without what W&B would refuse or misread: the end user's id becomes the attribute `user`,
    /// because W&B's `wb_user_id` is the id of a W&B account, set by the server; names are cut to the accepted lengths,
    /// and a cut op name gets four digits that distinguish it from other names cut alike. Span ids (16 lower-case
    /// hexadecimal digits), trace ids (32) and UUIDs are accepted as they are.
    ///
    /// The record also gets what W&B's views look for: `attributes.weave` holds [the call's kind](crate::weave::kind)
    /// and its recorder, a call of the Responses API has [its client](crate::weave::inputs) as `inputs.self`, and the
    /// dotted names of `attributes.otel` are [a tree](crate::weave::insert), where W&B's queries find them.
    #[must_use]
    pub fn for_wandb(mut self) -> Self {
        if let Some(user) = self.wb_user_id.take() {
            self.attributes
                .entry(USER)
                .or_insert_with(|| Value::String(user));
        }
        self.set_kind();
        self.name_client();
        self.spread();
        if self.op_name.chars().count() > OP_NAME {
            let mark = format!(":{:04x}", hash(&self.op_name) & 0xffff);
            truncate(&mut self.op_name, OP_NAME - mark.len());
            self.op_name.push_str(&mark);
        }
        if let Some(name) = &mut self.display_name {
            truncate(name, DISPLAY_NAME);
        }
        self
    }
}

impl Record {
    fn set_kind(&mut self) {
        let kind = weave::kind(self.info().operation.as_deref());
        let mut group = match self.attributes.remove(WEAVE) {
            Some(Value::Object(group)) => group,
            Some(other) => {
                // A value of the user's own that is not a group.
                self.attributes.entry("weave_").or_insert(other);
                Map::new()
            }
            None => Map::new(),
        };
        for (name, word) in [("kind", kind), ("source", SOURCE)] {
            group.entry(name).or_insert_with(|| word.into());
        }
        self.attributes.insert(WEAVE.to_owned(), group.into());
    }

    fn spread(&mut self) {
        if let Some(Value::Object(group)) = self.attributes.get_mut(Self::OTHERS) {
            let mut tree = Map::new();
            for (name, value) in std::mem::take(group) {
                weave::insert(&mut tree, &name, value);
            }
            *group = tree;
        }
    }

    fn name_client(&mut self) {
        let info = self.info();
        let api_type = info.api_type.as_deref();
        let endpoint = info
            .operation
            .and_then(|operation| Endpoint::from_words(&operation, api_type));
        let Some(endpoint) = endpoint else { return };
        let server = info.server_address.as_deref();
        if let Cow::Owned(inputs) = weave::inputs(endpoint, self.inputs.as_str(), server)
            && let Some(inputs) = Json::from_text(inputs)
        {
            self.inputs = inputs;
        }
    }
}

/// FNV-1a, 32 bits.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Cuts a text to a number of characters.
fn truncate(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(op_name: &str, attributes: &Value) -> Record {
        serde_json::from_value(json!({"project_id": "acme/chatbot", "id": "x", "op_name": op_name,
            "display_name": "é".repeat(2_000), "started_at": "2026-11-22T10:00:00Z", "attributes": attributes,
            "wb_user_id": "jane@example.org"}))
        .unwrap()
    }

    #[test]
    fn the_end_user_is_no_account_of_wandbs() {
        let got = record("f", &json!({})).for_wandb();
        assert_eq!(got.wb_user_id, None);
        assert_eq!(got.attributes["user"], "jane@example.org");
        let got = record("f", &json!({"user": 7})).for_wandb();
        assert_eq!(
            got.attributes["user"], 7,
            "the service's own word goes first"
        );
    }

    #[test]
    fn the_views_find_what_they_look_for() {
        let info = json!({"operation": "chat", "api_type": "responses", "server_address": "h"});
        let mut asked = record(
            "f",
            &json!({"spanloom": info, "weave": 7,
            "otel": {"error": "late", "error.type": "timeout", "server.port": 80}}),
        );
        asked.inputs = Json::from_value(&json!({"input": "hi"}));
        let got = asked.for_wandb();
        assert_eq!(
            got.attributes["weave"],
            json!({"kind": "llm", "source": "spanloom"})
        );
        assert_eq!(got.attributes["weave_"], 7);
        assert_eq!(
            got.attributes["otel"],
            json!({"error": {"type": "timeout", "value": "late"}, "server": {"port": 80}})
        );
        assert_eq!(
            got.inputs.as_str(),
            r#"{"self":{"client":{"server_address":"h"}},"input":"hi"}"#
        );
        let got = record("f", &json!({"weave": {"kind": "mine"}})).for_wandb();
        assert_eq!(
            got.attributes["weave"],
            json!({"kind": "mine", "source": "spanloom"})
        );
        assert_eq!(got.inputs.as_str(), "{}");
    }

    #[test]
    fn names_are_cut_and_stay_apart() {
        let [a, b] = ["a", "b"]
            .map(|end| record(&format!("{}{end}", "é".repeat(200)), &json!({})).for_wandb());
        assert_eq!(a.op_name.chars().count(), 128);
        assert_ne!(a.op_name, b.op_name);
        assert_eq!(a.display_name.unwrap().chars().count(), 1_024);
        let short = "é".repeat(128);
        assert_eq!(record(&short, &json!({})).for_wandb().op_name, short);
    }
}
