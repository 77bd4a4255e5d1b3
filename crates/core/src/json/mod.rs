//! JSON read once, into views of the bytes it came in.
//!
//! A [`Document`] is one pass over the bytes: UTF-8, the grammar of RFC 8259, and where each value begins and ends. A
//! [`Node`] is a value in it, found by its key or its place; nothing is decoded or copied that is not asked for, and what is
//! copied out is a slice of the bytes. No depth of the JSON costs stack.
//!
//! Bytes that end early or go wrong give what stands before that place: whole texts and numbers, in lists and objects that
//! count as closed there. Of a key that stands twice the last value counts, as in Python and JavaScript.
//!
//! Readers were measured before this one was written (2026-11-29, 2 cores AMD EPYC, nanoseconds a byte; `serde_json` skips
//! values, `sonic-rs` and `simd-json` make a tape, `jiter` a tree of borrowed values):
//!
//! | body | this tape | `serde_json` | `sonic-rs` | `jiter` | `simd-json` |
//! |---|---|---|---|---|---|
//! | chat, 2 KB | 0.11 | 0.21 | 0.24 | 0.39 | 0.41 |
//! | chat, 64 KB | 0.07 | 0.18 | 0.16 | 0.30 | 0.28 |
//! | a picture, 1 MB | 0.01 | 0.13 | 0.13 | 0.05 | 0.21 |
//! | tool calls, 40 KB | 0.87 | 0.90 | 1.31 | 4.79 | 1.31 |
//!
//! None of the others gives both a value's own bytes and what stood before a cut. The fuzz target `document` compares it
//! with `serde_json`.
//!
//! | file | what |
//! |---|---|
//! | `document` | the bytes and their tape |
//! | `edit` | changes to the bytes, applied while they are copied |
//! | `node` | a value, as seen by a reader |
//! | `tape` | where values begin and end |
//! | `tokens` | the pass over the bytes |
//! | `text` | what a text with escapes says |
//! | `tree` | trees of it, for those who need one |

mod document;
mod edit;
mod node;
mod tape;
mod text;
mod tokens;
mod tree;

pub use document::Document;
pub(crate) use edit::{Edits, Member};
pub use node::Node;
pub(crate) use node::quote;
pub use tape::Tape;
pub(crate) use text::pair;

#[cfg(test)]
mod tests;
