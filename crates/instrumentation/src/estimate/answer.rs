//! The generated parts of an answer.

use spanloom_core::json::Node;
use spanloom_core::message::Part;
use spanloom_core::{Endpoint, openai};

use super::texts::Texts;

/// Returns the generated texts of all choices of a chat completion, a completion or a response, and the number of tool
/// calls among them.
pub(super) fn texts(endpoint: Endpoint, answer: Node<'_>) -> (Texts<'_>, u64) {
    let (mut texts, mut calls) = (Texts::default(), 0);
    let messages = openai::output_messages(endpoint, answer);
    // The model did not write the results of the provider's tools or the pictures that they made.
    let parts = messages.into_iter().flat_map(|message| message.parts);
    let written =
        parts.filter(|part| !matches!(part, Part::ServerToolResult { .. } | Part::Unknown(_)));
    for part in written {
        calls += u64::from(matches!(part, Part::ToolCall { .. }));
        texts.part(part).unwrap_or_default();
    }
    texts.0.retain(|text| !text.is_empty());
    (texts, calls)
}

/// Returns whether an answer in one piece holds vectors.
pub(super) fn embeds(answer: Node<'_>) -> bool {
    let first = answer.get("data").and_then(|data| data.items().next());
    first.is_some_and(|item| item.get("embedding").is_some())
}
