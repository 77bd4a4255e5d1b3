//! Merges consecutive pieces of JSON in a stream.
//!
//! Objects are merged member by member. The texts and lists that are known to come in pieces are joined and continued;
//! every other value is sent whole, and the last one is kept. An element of a list that carries an `index` is merged
//! with the element of the same index.

use super::piece::{DEPTH, Members, Piece};
use crate::json::Node;

/// The number of elements, from the end, searched for one of the same index.
const BACK: usize = 256;
/// Texts that come in pieces, at any level of a choice.
const TEXTS: [&str; 16] = [
    "arguments",
    "code",
    "content",
    "data",
    "input",
    "logs",
    "output",
    "partial_json",
    "reasoning",
    "reasoning_content",
    "reasoning_text",
    "refusal",
    "summary",
    "text",
    "thinking",
    "transcript",
];
/// Lists that come in pieces: of content, of tokens and their probabilities, and of things found on the way.
const LISTS: [&str; 14] = [
    "annotations",
    "content",
    "images",
    "reasoning",
    "reasoning_details",
    "refusal",
    "summary",
    "text_offset",
    "thinking_blocks",
    "token_ids",
    "token_logprobs",
    "tokens",
    "tool_calls",
    "top_logprobs",
];

/// Merges a piece into the member of an object.
pub(super) fn member(object: &mut Members, name: &str, piece: Node<'_>) {
    within(object, name, piece, DEPTH);
}

fn within(object: &mut Members, name: &str, piece: Node<'_>, depth: usize) {
    let Some(known) = object.get_mut(name) else {
        let mut fresh = Piece::NULL;
        start(&mut fresh, piece, depth);
        object.set(name, fresh);
        return;
    };
    if piece.is_null() {
        return;
    }
    match known {
        Piece::Text(text) if piece.is_text() => match name {
            _ if TEXTS.contains(&name) => text.push_str(piece.inside()),
            "name" => extend_name(text, piece.inside()),
            // An empty text takes nothing away.
            _ if piece.is("") => {}
            _ => piece.inside().clone_into(text),
        },
        // A text is not replaced by anything else: that would be another protocol.
        Piece::Text(_) => {}
        Piece::List(_) if piece.is_list() && !LISTS.contains(&name) => {
            if !piece.is_empty() {
                *known = Piece::whole(piece);
            }
        }
        slot => start(slot, piece, depth),
    }
}

/// Adds a piece of a name. Some servers repeat the whole name, or the name so far, with every piece.
fn extend_name(name: &mut String, piece: &str) {
    match piece.starts_with(name.as_str()) {
        true => piece.clone_into(name),
        false => name.push_str(piece),
    }
}

/// Continues a list or an object; takes anything else as it is.
fn start(slot: &mut Piece, piece: Node<'_>, depth: usize) {
    match depth.checked_sub(1) {
        Some(next) if piece.is_object() => {
            if !matches!(slot, Piece::Object(_)) {
                *slot = Piece::Object(Members::default());
            }
            if let Piece::Object(object) = slot {
                for (name, value) in piece.members() {
                    within(object, &name, value, next);
                }
            }
        }
        Some(next) if piece.is_list() => {
            if !matches!(slot, Piece::List(_)) {
                *slot = Piece::List(Vec::new());
            }
            if let Piece::List(list) = slot {
                for element in piece.items() {
                    push(list, element, next);
                }
            }
        }
        _ => *slot = Piece::whole(piece),
    }
}

fn push(list: &mut Vec<Piece>, piece: Node<'_>, depth: usize) {
    let index = piece.get("index").and_then(Node::u64);
    let same = index.and_then(|index| {
        let of_index = |element: &&mut Piece| element.number("index") == Some(index);
        list.iter_mut().rev().take(BACK).find(of_index)
    });
    match same {
        Some(Piece::Object(object)) => {
            for (name, value) in piece.members() {
                within(object, &name, value, depth);
            }
        }
        _ => {
            let mut fresh = Piece::NULL;
            start(&mut fresh, piece, depth);
            list.push(fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;
    use serde_json::{Value, json};

    fn written(pieces: &[String]) -> String {
        let mut object = Members::default();
        for piece in pieces {
            member(
                &mut object,
                "content",
                Document::read(piece.as_bytes()).root(),
            );
        }
        let mut json = String::new();
        object.get("content").unwrap().write(&mut json);
        json
    }

    fn merged(pieces: &[Value]) -> Value {
        let pieces: Vec<_> = pieces.iter().map(Value::to_string).collect();
        serde_json::from_str(&written(&pieces)).unwrap()
    }

    #[test]
    fn known_pieces_are_joined_and_everything_else_is_replaced() {
        assert_eq!(merged(&[json!(null), json!("a"), json!("b")]), json!("ab"));
        assert_eq!(
            merged(&[json!([1]), json!(null), json!([2])]),
            json!([1, 2])
        );
        assert_eq!(
            merged(&[
                json!({"text":"x","severity":"safe","n":1,"name":"f","found":[1]}),
                json!({"text":"y","severity":"safe","n":2,"name":"f","found":[1, 2]})
            ]),
            json!({"text":"xy","severity":"safe","n":2,"name":"f","found":[1, 2]})
        );
        assert_eq!(
            merged(&[
                json!([{"index":1,"text":"a"},{"index":0,"text":"b"}]),
                json!([{"index":1,"text":"c"}])
            ]),
            json!([{"index":1,"text":"ac"},{"index":0,"text":"b"}])
        );
    }

    #[test]
    fn what_lies_too_deep_is_taken_as_it_is() {
        let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(written(std::slice::from_ref(&deep)), deep);
        let twice = written(&["[[[[[[[1]]]]]]]".to_owned(), "[[[[[[[2]]]]]]]".to_owned()]);
        assert_eq!(twice, "[[[[[[[1]]]]]],[[[[[[2]]]]]]]");
    }

    #[test]
    fn a_character_that_was_cut_in_two_is_whole_again() {
        let halves = [r#""a\ud83d""#, r#""\ude00b""#].map(str::to_owned);
        assert_eq!(written(&halves), r#""a\ud83d\ude00b""#);
    }
}
