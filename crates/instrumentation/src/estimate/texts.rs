//! The texts in messages.

use std::borrow::Cow;

use spanloom_core::json::Node;
use spanloom_core::message::{Arguments, Part};

use super::Uncounted;

/// Members of a provider's own tool call that the model writes.
const WRITTEN: [&str; 4] = ["arguments", "code", "queries", "action"];
/// Members that frame a part and are not text.
const FRAME: [&str; 6] = ["id", "type", "tool_call_id", "call_id", "status", "detail"];

/// Texts that become tokens.
#[derive(Debug, Default)]
pub(super) struct Texts<'a>(pub(super) Vec<Cow<'a, str>>);

impl<'a> Texts<'a> {
    /// Adds the texts of a part, including the names and arguments of tools.
    pub(super) fn part(&mut self, part: Part<'a>) -> Result<(), Uncounted> {
        match part {
            Part::Text(text) | Part::Reasoning(text) | Part::Refusal(text) => {
                self.0.push(text.into_cow());
            }
            Part::ToolCall {
                name, arguments, ..
            } => {
                self.0.push(name.into_cow());
                self.0.extend(arguments.map(json));
            }
            Part::ServerToolCall { name, members, .. } => {
                self.0.push(name.into_cow());
                let members = members.into_iter();
                let written = members.filter(|(name, _)| WRITTEN.contains(name));
                self.0.extend(written.map(|(_, value)| json(value)));
            }
            Part::ServerToolResult { members, .. } => {
                self.0
                    .extend(members.into_iter().map(|(_, value)| json(value)));
            }
            Part::ToolResult { result, .. } => {
                self.0
                    .extend(result.map(|result| json(Arguments::of(result))));
            }
            Part::Unknown(node) => self.strings(node),
            Part::Blob { .. } | Part::Uri { .. } | Part::File { .. } | Part::Compaction { .. } => {
                return Err(Uncounted);
            }
        }
        Ok(())
    }

    /// Adds every text in a part of unknown kind.
    fn strings(&mut self, node: Node<'a>) {
        self.0.extend(node.text());
        node.items().for_each(|item| self.strings(item));
        let members = node.members();
        let members = members.filter(|(name, _)| !FRAME.contains(&&**name));
        members.for_each(|(_, member)| self.strings(member));
    }
}

/// Returns a text unchanged and any other value as JSON.
fn json(value: Arguments<'_>) -> Cow<'_, str> {
    let (Arguments::Written(node) | Arguments::Given(node)) = value;
    node.text()
        .unwrap_or_else(|| Cow::Owned(node.to_json_string()))
}
