//! A message: the role of its speaker, and its parts.
//!
//! Every reader of bodies produces messages of this one shape, for every API, and every consumer of messages (spans,
//! the board) accepts this shape. The texts are views into the bodies ([`json`](crate::json)); a message copies nothing
//! until it is written.
//!
//! | file | what |
//! |---|---|
//! | `part` | the parts |
//! | `read` | a part of any dialect, by its type |
//! | `text` | a text from a body, or of our own |
//! | `tool` | the tools a request offers |
//! | `write` | the convention's JSON |

mod part;
mod read;
mod text;
mod tool;
mod write;

use std::borrow::Cow;

pub use part::{Arguments, Modality, Part};
pub(crate) use read::Kind;
pub use text::Text;
pub use tool::ToolDefinition;
pub use write::{parts_json, to_json, tools_json};

/// One message of a conversation.
#[derive(Clone, Debug)]
pub struct Message<'d> {
    /// `system`, `developer`, `user`, `assistant`, `tool`, or a provider's own word.
    pub role: Cow<'d, str>,
    /// The participant's name, where it has one.
    pub name: Option<Text<'d>>,
    /// The parts, in order.
    pub parts: Vec<Part<'d>>,
    /// Why an answer ended, in the convention's words; `None` for a message that was sent.
    pub finish_reason: Option<Cow<'d, str>>,
}

impl<'d> Message<'d> {
    /// Creates a message that was sent.
    pub fn new(role: impl Into<Cow<'d, str>>, parts: Vec<Part<'d>>) -> Self {
        Self {
            role: role.into(),
            name: None,
            parts,
            finish_reason: None,
        }
    }
}
