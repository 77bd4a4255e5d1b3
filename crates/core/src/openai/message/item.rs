//! One item of the Responses API.

use std::borrow::Cow;

use crate::json::Node;
use crate::message::{Arguments, Modality, Part, Text};

/// Returns the role that an item belongs to.
pub(super) fn role(item: Node<'_>) -> Cow<'_, str> {
    let kind = item.get("type").and_then(Node::text).unwrap_or_default();
    let role = item.get("role").and_then(Node::text);
    match role.filter(|role| !role.is_empty()) {
        Some(role) => role,
        None if kind.ends_with("_call_output") => "tool".into(),
        None if kind == "mcp_approval_response" => "user".into(),
        // An item without a role came from the model, or refers to such an item.
        None => "assistant".into(),
    }
}

/// Reads the parts of an item.
pub(super) fn parts(item: Node<'_>) -> Vec<Part<'_>> {
    let kind = item.get("type").and_then(Node::text).unwrap_or_default();
    if let Some(tool) = CLIENT_TOOLS.iter().find(|tool| tool.0 == kind) {
        return vec![client_call(item, tool)];
    }
    if let Some(tool) = SERVER_TOOLS.iter().find(|tool| tool.kind == kind) {
        return tool.parts(item);
    }
    match &*kind {
        "message" | "" => contents(item.get("content")),
        "reasoning" => reasoning(item),
        // The summary itself is encrypted.
        "compaction" => vec![Part::Compaction {
            id: Text::of(item, "id"),
        }],
        _ if kind.ends_with("_call_output") => vec![Part::ToolResult {
            id: Text::of(item, "call_id").or_else(|| Text::of(item, "id")),
            result: item.get("output"),
        }],
        _ => vec![Part::Unknown(item)],
    }
}

/// Tools that the caller runs: the item's type, the tool's name if the item has none, and the argument members.
const CLIENT_TOOLS: [(&str, &str, &[&str]); 6] = [
    ("function_call", "function", &["arguments"]),
    ("custom_tool_call", "custom", &["input"]),
    ("computer_call", "computer", &["action", "actions"]),
    ("local_shell_call", "local_shell", &["action"]),
    ("shell_call", "shell", &["action"]),
    ("apply_patch_call", "apply_patch", &["operation"]),
];

fn client_call<'d>(
    item: Node<'d>,
    (kind, tool, places): &(&str, &'static str, &[&str]),
) -> Part<'d> {
    let given = places.iter().find_map(|place| item.given(place));
    Part::ToolCall {
        id: Text::of(item, "call_id").or_else(|| Text::of(item, "id")),
        name: Text::of(item, "name").unwrap_or_else(|| (*tool).into()),
        arguments: given.map(|given| match *kind {
            // A custom tool's input is a text in its own format.
            "custom_tool_call" => Arguments::Given(given),
            _ => Arguments::of(given),
        }),
    }
}

/// A tool that the provider runs.
struct ServerTool {
    /// The type of the item.
    kind: &'static str,
    /// The tool's name in the convention's objects.
    tool: &'static str,
    /// The members that describe the call.
    call: &'static [&'static str],
    /// The members that hold the result.
    response: &'static [&'static str],
}

const SERVER_TOOLS: [ServerTool; 6] = [
    ServerTool {
        kind: "web_search_call",
        tool: "web_search",
        call: &["action", "status"],
        response: &["results"],
    },
    ServerTool {
        kind: "file_search_call",
        tool: "file_search",
        call: &["queries", "status"],
        response: &["results"],
    },
    ServerTool {
        kind: "code_interpreter_call",
        tool: "code_interpreter",
        call: &["code", "container_id", "status"],
        response: &["outputs"],
    },
    ServerTool {
        kind: "image_generation_call",
        tool: "image_generation",
        call: &["revised_prompt", "size", "quality", "status"],
        response: &["error"],
    },
    ServerTool {
        kind: "mcp_call",
        tool: "mcp",
        call: &["server_label", "arguments", "status"],
        response: &["output", "error"],
    },
    ServerTool {
        kind: "tool_search_call",
        tool: "tool_search",
        call: &["arguments", "execution", "status"],
        response: &[],
    },
];

impl ServerTool {
    fn parts<'d>(&self, item: Node<'d>) -> Vec<Part<'d>> {
        let id = || Text::of(item, "id");
        let members = |names: &'static [&'static str]| -> Vec<(&'static str, Arguments<'d>)> {
            let given = names.iter().filter_map(|name| {
                let value = item.given(name)?;
                Some(match *name {
                    "arguments" => (*name, Arguments::of(value)),
                    _ => (*name, Arguments::Given(value)),
                })
            });
            given.collect()
        };
        let mut parts = vec![Part::ServerToolCall {
            id: id(),
            name: Text::of(item, "name").unwrap_or_else(|| self.tool.into()),
            tool: self.tool,
            members: members(self.call),
        }];
        let found = members(self.response);
        if !found.is_empty() {
            parts.push(Part::ServerToolResult {
                id: id(),
                tool: self.tool,
                members: found,
            });
        }
        if let ("image_generation", Some(content)) = (self.tool, Text::of(item, "result")) {
            let format = Text::of(item, "output_format");
            let format = format.as_ref().map_or("png".into(), Text::get);
            parts.push(Part::Blob {
                modality: Modality::Image,
                mime_type: Some(["image/", &format].concat().into()),
                content,
                detail: None,
            });
        }
        parts
    }
}

/// Reads the visible reasoning of the model: its text, else its summary. Encrypted reasoning is not read.
fn reasoning(item: Node<'_>) -> Vec<Part<'_>> {
    let texts = |name: &str| -> Vec<Part<'_>> {
        let pieces = item.get(name).map(Node::items).into_iter().flatten();
        let texts = pieces.filter_map(|piece| Text::of(piece, "text"));
        texts.map(Part::Reasoning).collect()
    };
    let parts = texts("content");
    match parts.is_empty() {
        true => texts("summary"),
        false => parts,
    }
}

fn contents(content: Option<Node<'_>>) -> Vec<Part<'_>> {
    let Some(content) = content else {
        return Vec::new();
    };
    match content.is_text() {
        true => vec![Part::Text(content.into())],
        false => content.items().map(Part::read).collect(),
    }
}
