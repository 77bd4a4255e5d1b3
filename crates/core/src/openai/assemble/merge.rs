//! Pieces of JSON that follow each other in a stream, put together without knowing what they mean.
//!
//! Texts are joined, lists continued, objects merged member by member; elements of a list that carry an `index` are
//! merged with the one of the same index. So a field nobody has heard of yet arrives whole.

use serde_json::{Map, Value};

use super::join::Join;
use crate::json::Node;

/// How deep pieces are merged; what lies deeper is taken as it is.
const DEPTH: usize = 6;
/// How far back an element of the same index is looked for.
const BACK: usize = 256;
/// Members that are sent whole, however often.
const WHOLE: [&str; 6] = ["id", "type", "role", "object", "format", "finish_reason"];

/// Merges a piece into the member of an object.
pub(super) fn member(
    join: &mut Join,
    object: &mut Map<String, Value>,
    name: &str,
    piece: Node<'_>,
) {
    within(join, object, name, piece, DEPTH);
}

fn within(
    join: &mut Join,
    object: &mut Map<String, Value>,
    name: &str,
    piece: Node<'_>,
    depth: usize,
) {
    match object.get_mut(name) {
        None | Some(Value::Null) => {
            let mut fresh = Value::Null;
            start(join, &mut fresh, piece, depth);
            object.insert(name.to_owned(), fresh);
        }
        Some(_) if piece.is_null() => {}
        Some(Value::String(text)) if !WHOLE.contains(&name) => {
            join.push(text, piece);
        }
        Some(Value::String(text)) => {
            if let Some(whole) = piece.text().filter(|whole| !whole.is_empty()) {
                *text = whole.into_owned();
            }
        }
        Some(slot) => start(join, slot, piece, depth),
    }
}

/// Continues a list or an object; takes anything else as it is.
fn start(join: &mut Join, slot: &mut Value, piece: Node<'_>, depth: usize) {
    let next = depth.checked_sub(1);
    match next {
        Some(next) if piece.is_object() => {
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Value::Object(object) = slot {
                for (name, value) in piece.members() {
                    within(join, object, &name, value, next);
                }
            }
        }
        Some(next) if piece.is_list() => {
            if !slot.is_array() {
                *slot = Value::Array(Vec::new());
            }
            if let Value::Array(list) = slot {
                for element in piece.items() {
                    push(join, list, element, next);
                }
            }
        }
        _ if piece.is_text() => {
            let mut text = String::new();
            join.push(&mut text, piece);
            *slot = Value::String(text);
        }
        _ => *slot = piece.to_value().unwrap_or(Value::Null),
    }
}

fn push(join: &mut Join, list: &mut Vec<Value>, piece: Node<'_>, depth: usize) {
    if piece.numbers() > 1 {
        let numbers = piece.raw().map(|raw| ["[", raw, "]"].concat());
        let numbers = numbers.and_then(|list| serde_json::from_str::<Vec<Value>>(&list).ok());
        return list.extend(numbers.into_iter().flatten());
    }
    let index = piece.get("index").and_then(Node::u64);
    let same = index.and_then(|index| {
        let of_index =
            |value: &&mut Value| value.get("index").and_then(Value::as_u64) == Some(index);
        list.iter_mut().rev().take(BACK).find(of_index)
    });
    match same {
        Some(Value::Object(object)) => {
            for (name, value) in piece.members() {
                within(join, object, &name, value, depth);
            }
        }
        _ => {
            let mut fresh = Value::Null;
            start(join, &mut fresh, piece, depth);
            list.push(fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;
    use serde_json::json;

    fn merged(pieces: &[Value]) -> Value {
        let (mut join, mut object) = (Join::default(), Map::new());
        for piece in pieces {
            let json = piece.to_string();
            member(
                &mut join,
                &mut object,
                "it",
                Document::read(json.as_bytes()).root(),
            );
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
        let (mut join, mut object) = (Join::default(), Map::new());
        member(
            &mut join,
            &mut object,
            "it",
            Document::read(deep.as_bytes()).root(),
        );
        let mut kept = &object["it"];
        let mut depth = 0;
        while let Some(inner) = kept.as_array().and_then(|list| list.first()) {
            kept = inner;
            depth += 1;
        }
        assert!(depth <= DEPTH);
    }
}
