//! The tool calls of a message, distinguished by index, id and name together.
//!
//! `OpenAI` sends the index with every piece, and id and name with the first. Others send no index, the same index for
//! every call, an empty id, or id and name with every piece.

use super::merge;
use super::piece::{Members, Piece};
use crate::json::Node;

/// The number of calls, from the end, that are searched for the call of a piece.
const BACK: usize = 256;

/// Merges the pieces of a delta's `tool_calls` into a message.
pub(super) fn merge(message: &mut Members, pieces: Node<'_>) {
    if !pieces.is_list() {
        return;
    }
    let calls = message.or_insert("tool_calls", || Piece::List(Vec::new()));
    if !matches!(calls, Piece::List(_)) {
        *calls = Piece::List(Vec::new());
    }
    let Piece::List(calls) = calls else { return };
    for piece in pieces.items() {
        match place(calls, piece) {
            Some(call) => add(call, piece),
            None => {
                let mut call = Members::default();
                add(&mut call, piece);
                calls.push(Piece::Object(call));
            }
        }
    }
}

fn add(call: &mut Members, piece: Node<'_>) {
    for (name, value) in piece.members() {
        merge::member(call, &name, value);
    }
}

/// Finds the call that a piece continues; `None` for a piece that begins a call.
fn place<'a>(calls: &'a mut [Piece], piece: Node<'_>) -> Option<&'a mut Members> {
    let index = piece.get("index").and_then(Node::u64);
    let id = piece.get("id").filter(|id| id.is_text() && !id.is(""));
    let name = piece
        .get("function")
        .and_then(|function| function.get("name"));
    let name = name.filter(|name| name.is_text() && !name.is(""));
    let latest = calls.iter_mut().rev().take(BACK);
    let call = match (index, id) {
        (Some(index), _) => latest
            .filter(|call| call.number("index") == Some(index))
            .find_map(Piece::members),
        (None, Some(id)) => latest
            .filter_map(Piece::members)
            .find(|call| is_text(call.get("id"), id)),
        (None, None) => latest.filter_map(Piece::members).next(),
    }?;
    let another_id = id.is_some_and(|id| {
        let known = call.get("id").filter(|known| !known.is_blank());
        known.is_some_and(|known| !is_text(Some(known), id))
    });
    // A name after the arguments begins another call, unless it is the same call's again.
    let another_name = id.is_none()
        && name.is_some_and(|name| match call.get("function") {
            Some(Piece::Object(function)) => {
                let known = function.get("name").filter(|known| !known.is_blank());
                let arguments = function.get("arguments");
                known.is_some_and(|known| !is_text(Some(known), name))
                    && arguments.is_some_and(|arguments| !arguments.is_blank())
            }
            _ => false,
        });
    (!another_id && !another_name).then_some(call)
}

fn is_text(known: Option<&Piece>, text: Node<'_>) -> bool {
    matches!(known, Some(Piece::Text(known)) if known == text.inside())
}
