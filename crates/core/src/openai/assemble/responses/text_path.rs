//! The events that bring the pieces of a text, and where in an item each text is.

/// Where the pieces of a text are stored in an item.
pub(super) struct TextPath {
    /// The type of the event, without `.delta` or `.done`.
    pub(super) kind: &'static str,
    /// The list inside the item and the type of its element; `None` for a text of the item itself.
    pub(super) element: Option<[&'static str; 2]>,
    /// The member that holds the text.
    pub(super) member: &'static str,
}

const fn inside(kind: &'static str, element: [&'static str; 2], member: &'static str) -> TextPath {
    TextPath {
        kind,
        element: Some(element),
        member,
    }
}

const fn of_item(kind: &'static str, member: &'static str) -> TextPath {
    TextPath {
        kind,
        element: None,
        member,
    }
}

pub(super) const TEXT_PATHS: [TextPath; 8] = [
    inside("response.output_text", ["content", "output_text"], "text"),
    inside("response.refusal", ["content", "refusal"], "refusal"),
    inside(
        "response.reasoning_text",
        ["content", "reasoning_text"],
        "text",
    ),
    inside(
        "response.reasoning_summary_text",
        ["summary", "summary_text"],
        "text",
    ),
    of_item("response.function_call_arguments", "arguments"),
    of_item("response.mcp_call_arguments", "arguments"),
    of_item("response.custom_tool_call_input", "input"),
    of_item("response.code_interpreter_call_code", "code"),
];
