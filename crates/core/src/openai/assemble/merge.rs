//! Merges consecutive pieces of JSON in a stream without knowing their meaning.
//!
//! Texts are joined, lists are continued and objects are merged member by member; a list element that carries an
//! `index` is merged with the element of the same index. So a field that is not known yet arrives whole.

use super::piece::{DEPTH, Members, Piece};
use crate::json::Node;

/// The number of elements, from the end, searched for one of the same index.
const BACK: usize = 256;
/// Members that are always sent whole, even when repeated.
const WHOLE: [&str; 6] = ["id", "type", "role", "object", "format", "finish_reason"];

/// Merges a piece into the member of an object.
pub(super) fn member(object: &mut Members, name: &str, piece: Node<'_>) {
    within(object, name, piece, DEPTH);
}

fn within(object: &mut Members, name: &str, piece: Node<'_>, depth: usize) {
    match object.get_mut(name) {
        Some(_) if piece.is_null() => {}
        Some(Piece::Text(text)) if WHOLE.contains(&name) => {
            if piece.is_text() && !piece.is("") {
                piece.inside().clone_into(text);
            }
        }
        Some(Piece::Text(text)) => {
            if piece.is_text() {
                text.push_str(piece.inside());
            }
        }
        Some(slot) => start(slot, piece, depth),
        None => {
            let mut fresh = Piece::NULL;
            start(&mut fresh, piece, depth);
            object.set(name, fresh);
        }
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
            member(&mut object, "it", Document::read(piece.as_bytes()).root());
        }
        let mut json = String::new();
        object.get("it").unwrap().write(&mut json);
        json
    }

    fn merged(pieces: &[Value]) -> Value {
        let pieces: Vec<_> = pieces.iter().map(Value::to_string).collect();
        serde_json::from_str(&written(&pieces)).unwrap()
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
