//! What of an answer was generated.

use std::borrow::Cow;

use spanloom_core::json::Node;

/// Fields of a message, a tool call or an output item whose text the model wrote.
const WRITTEN: [&str; 10] = [
    "content",
    "refusal",
    "reasoning_content",
    "text",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "message",
    "summary",
];

/// The generated texts of all choices, of a chat completion, a completion or a response.
pub(super) fn texts(answer: Node<'_>) -> Vec<Cow<'_, str>> {
    let mut texts = Vec::new();
    for list in answer.pick(["choices", "output"]).into_iter().flatten() {
        written(list, &mut texts);
    }
    texts
}

/// Whether an answer in one piece holds vectors.
pub(super) fn embeds(answer: Node<'_>) -> bool {
    let first = answer.get("data").and_then(|data| data.items().next());
    first.is_some_and(|item| item.get("embedding").is_some())
}

fn written<'a>(value: Node<'a>, texts: &mut Vec<Cow<'a, str>>) {
    texts.extend(value.text().filter(|text| !text.is_empty()));
    value.items().for_each(|item| written(item, texts));
    for (_, member) in value
        .members()
        .filter(|(name, _)| WRITTEN.contains(&&**name))
    {
        written(member, texts);
    }
}
