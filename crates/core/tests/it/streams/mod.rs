//! A streamed answer is assembled into the answer that an unstreamed request would have received.
//!
//! Random answers are cut into chunks the way the provider does; the assembled answer must equal the original, member
//! for member.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

mod chat;
mod responses;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value};
use spanloom_core::json::Document;
use spanloom_core::{Endpoint, openai};

/// Generates texts with characters that could break a splitter: quotes, newlines, multibyte characters.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a", " the", "\"", "\n", "\r\n", "é", "🦀", "{", "data: ", "\\", "[DONE]", "\u{0}",
    ]);
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Splits a text at `cuts`; at least one piece.
pub(crate) fn pieces(text: &str, cuts: &[usize]) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    let mut rest = &chars[..];
    for cut in cuts {
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        pieces.push(piece.iter().collect());
        rest = after;
    }
    pieces.push(rest.iter().collect());
    pieces
}

pub(crate) fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(0_usize..6, 0..5)
}

pub(crate) fn sse(chunks: &[Value]) -> String {
    chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\n\n"))
        .collect()
}

pub(crate) fn assembled(endpoint: Endpoint, stream: &str) -> Value {
    let assembled = openai::assemble(endpoint, stream.as_bytes());
    assert_eq!(assembled.malformed, 0);
    serde_json::from_str(&assembled.completion.unwrap()).unwrap()
}

/// Builds an object from the members that are present.
pub(crate) fn object(members: Vec<(&str, Option<Value>)>) -> Value {
    let members = members.into_iter();
    let there = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>, endpoint in select(vec![Endpoint::ChatCompletions,
        Endpoint::Responses, Endpoint::FetchResponse, Endpoint::Completions, Endpoint::Embeddings])) {
        let mut stream = b"data: ".to_vec();
        stream.extend_from_slice(&bytes);
        let cut = openai::assemble(endpoint, &stream);
        prop_assert!(cut.text.len() <= stream.len());
        let read = openai::response(endpoint, Document::read(&bytes).root());
        prop_assert_eq!(read.usage.source.is_some(), read.usage.is_known());
    }
}
