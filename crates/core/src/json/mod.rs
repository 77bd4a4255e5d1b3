//! JSON parsed once, into views of its bytes.
//!
//! A [`Document`] makes one pass over the bytes, which checks UTF-8 and the grammar of RFC 8259 and records where each
//! value begins and ends. A [`Node`] is a value in the document, found by its key or its position; values are decoded
//! or copied only on request, and a copied value is a slice of the bytes. The depth of the JSON costs no stack.
//!
//! Truncated or invalid bytes yield the values before that point: whole texts and numbers, in lists and objects that
//! count as closed there. For a duplicate key, the last value wins, as in Python and JavaScript.
//!
//! Existing readers were measured before this one was written (2026-11-29, 2 cores AMD EPYC, nanoseconds per byte;
//! `serde_json` skips values, `sonic-rs` and `simd-json` build a tape, `jiter` a tree of borrowed values):
//!
//! | body | this tape | `serde_json` | `sonic-rs` | `jiter` | `simd-json` |
//! |---|---|---|---|---|---|
//! | chat, 2 KB | 0.11 | 0.21 | 0.24 | 0.39 | 0.41 |
//! | chat, 64 KB | 0.07 | 0.18 | 0.16 | 0.30 | 0.28 |
//! | a picture, 1 MB | 0.01 | 0.13 | 0.13 | 0.05 | 0.21 |
//! | tool calls, 40 KB | 0.87 | 0.90 | 1.31 | 4.79 | 1.31 |
//!
//! None of the existing readers gives both the bytes of a value and the values before a cut. The fuzz target `document`
//! compares this reader with `serde_json`.
//!
//! | file | what |
//! |---|---|
//! | `document` | the bytes and their tape |
//! | `edit` | changes to the bytes, applied while they are copied |
//! | `node` | a value, as seen by a reader |
//! | `tape` | where values begin and end |
//! | `tokens` | the pass over the bytes |
//! | `text` | the decoding of texts with escapes |
//! | `tree` | the conversion to `serde_json` trees |

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
