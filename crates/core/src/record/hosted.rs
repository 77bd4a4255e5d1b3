//! A record as W&B's own server takes it.
//!
//! Its storage checks more than its request models do, and one call it refuses fails the request it came in. Source:
//! `weave/trace_server/validation.py` of PyPI `weave` 0.52.43; run by `tests/real/weave`.

use serde_json::Value;

use super::Record;

/// Longest name of an op, in characters.
const OP_NAME: usize = 128;
/// Longest name for people, in characters.
const DISPLAY_NAME: usize = 1_024;
/// Under this name the end user stands among the attributes.
const USER: &str = "user";

impl Record {
    /// The same record without what W&B would refuse or misread: the end user's id becomes the attribute `user`, as
    /// `wb_user_id` is the id of a W&B account there, set by the server; names are cut to the lengths it takes, an op's
    /// with four digits that keep it apart from others cut alike. Span ids (16 lower-case hexadecimal digits), trace ids
    /// (32) and UUIDs are all taken as they are.
    #[must_use]
    pub fn for_wandb(mut self) -> Self {
        if let Some(user) = self.wb_user_id.take() {
            self.attributes
                .entry(USER)
                .or_insert_with(|| Value::String(user));
        }
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

/// FNV-1a, 32 bits.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Cuts to so many characters.
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
