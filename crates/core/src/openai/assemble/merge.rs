//! Pieces of JSON that follow each other in a stream, put together without knowing what they mean.
//!
//! Texts are joined, lists continued, objects merged member by member; elements of a list that carry an `index` are
//! merged with the one of the same index. So a field nobody has heard of yet arrives whole.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::openai::field::read;

/// How deep pieces are merged; what lies deeper is taken as it is.
const DEPTH: usize = 6;
/// How far back an element of the same index is looked for.
const BACK: usize = 256;
/// Members that are sent whole, however often.
const WHOLE: [&str; 6] = ["id", "type", "role", "object", "format", "finish_reason"];

/// The members of a JSON object in their order, unread.
pub(super) struct Members<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0
            .iter()
            .find(|(member, _)| member == name)
            .map(|(_, raw)| *raw)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        #[derive(serde::Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), raw)) = map.next_entry()? {
                    members.push((name, raw));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Object).map(Members)
    }
}

/// Whether a piece says nothing.
pub(super) fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// Merges a piece into the member of an object.
pub(super) fn member(object: &mut Map<String, Value>, name: &str, raw: &RawValue) {
    within(object, name, raw, DEPTH);
}

fn within(object: &mut Map<String, Value>, name: &str, raw: &RawValue, depth: usize) {
    match object.get_mut(name) {
        None | Some(Value::Null) => {
            let mut fresh = Value::Null;
            start(&mut fresh, raw, depth);
            object.insert(name.to_owned(), fresh);
        }
        Some(_) if is_null(raw) => {}
        Some(Value::String(text)) if !WHOLE.contains(&name) => {
            if let Some(piece) = read::<String>(Some(raw)) {
                text.push_str(&piece);
            }
        }
        Some(Value::String(text)) => {
            if let Some(whole) = read::<String>(Some(raw)).filter(|whole| !whole.is_empty()) {
                *text = whole;
            }
        }
        Some(slot) => start(slot, raw, depth),
    }
}

/// Continues a list or an object; takes anything else as it is.
fn start(slot: &mut Value, raw: &RawValue, depth: usize) {
    let next = depth.checked_sub(1);
    match (raw.get().as_bytes().first(), next) {
        (Some(b'{'), Some(next)) => {
            let Some(Members(members)) = read(Some(raw)) else {
                return;
            };
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Value::Object(object) = slot {
                for (name, raw) in members {
                    within(object, &name, raw, next);
                }
            }
        }
        (Some(b'['), Some(next)) => {
            let Some(elements) = read::<Vec<&RawValue>>(Some(raw)) else {
                return;
            };
            if !slot.is_array() {
                *slot = Value::Array(Vec::new());
            }
            if let Value::Array(list) = slot {
                for element in elements {
                    push(list, element, next);
                }
            }
        }
        _ => *slot = read(Some(raw)).unwrap_or(Value::Null),
    }
}

#[derive(serde::Deserialize)]
struct Indexed {
    index: u64,
}

fn push(list: &mut Vec<Value>, raw: &RawValue, depth: usize) {
    let index = raw
        .get()
        .starts_with('{')
        .then(|| read::<Indexed>(Some(raw)))
        .flatten();
    let same = index.and_then(|Indexed { index }| {
        let of_index =
            |value: &&mut Value| value.get("index").and_then(Value::as_u64) == Some(index);
        list.iter_mut().rev().take(BACK).find(of_index)
    });
    match same {
        Some(Value::Object(object)) => {
            let Some(Members(members)) = read(Some(raw)) else {
                return;
            };
            for (name, raw) in members {
                within(object, &name, raw, depth);
            }
        }
        _ => {
            let mut fresh = Value::Null;
            start(&mut fresh, raw, depth);
            list.push(fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(pieces: &[Value]) -> Value {
        let mut object = Map::new();
        for piece in pieces {
            let raw = serde_json::value::to_raw_value(piece).unwrap();
            member(&mut object, "it", &raw);
        }
        object.remove("it").unwrap()
    }

    #[test]
    fn texts_are_joined_lists_continued_and_objects_merged() {
        assert_eq!(merged(&[json!(null), json!("a"), json!("b")]), json!("ab"));
        assert_eq!(
            merged(&[json!([1]), json!(null), json!([2])]),
            json!([1, 2])
        );
        assert_eq!(
            merged(&[
                json!({"a":"x","id":"1","n":1}),
                json!({"a":"y","id":"1","n":2})
            ]),
            json!({"a":"xy","id":"1","n":2})
        );
        assert_eq!(
            merged(&[
                json!([{"index":1,"t":"a"},{"index":0,"t":"b"}]),
                json!([{"index":1,"t":"c"}])
            ]),
            json!([{"index":1,"t":"ac"},{"index":0,"t":"b"}])
        );
    }

    #[test]
    fn what_lies_too_deep_is_taken_as_it_is() {
        let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
        let raw: &RawValue = serde_json::from_str(&deep).unwrap();
        let mut object = Map::new();
        member(&mut object, "it", raw);
        let mut kept = &object["it"];
        let mut depth = 0;
        while let Some(inner) = kept.as_array().and_then(|list| list.first()) {
            kept = inner;
            depth += 1;
        }
        assert!(depth <= DEPTH);
    }
}
