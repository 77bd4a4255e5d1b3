//! One item of the Responses API, in the convention's parts.

use serde_json::{Value, json};

use super::part::{self, field, set};

/// Whose item it is.
pub(super) fn role(item: &Value) -> &str {
    let kind = field(item, "type").unwrap_or_default();
    match field(item, "role") {
        Some(role) => role,
        None if kind.ends_with("_call_output") => "tool",
        None if kind == "mcp_approval_response" => "user",
        // What has no role was the model's, or is a reference to it.
        None => "assistant",
    }
}

/// The parts an item is.
pub(super) fn parts(item: &Value) -> Vec<Value> {
    let kind = field(item, "type").unwrap_or("message");
    if let Some(tool) = CLIENT_TOOLS.iter().find(|tool| tool.0 == kind) {
        return vec![client_call(item, tool)];
    }
    if let Some(tool) = SERVER_TOOLS.iter().find(|tool| tool.kind == kind) {
        return tool.parts(item);
    }
    match kind {
        "message" => contents(item.get("content")),
        "reasoning" => reasoning(item),
        // The summary itself is encrypted.
        "compaction" => vec![compaction(item)],
        _ if kind.ends_with("_call_output") => {
            let id = field(item, "call_id").or_else(|| field(item, "id"));
            vec![part::tool_response(id, item.get("output"))]
        }
        _ => vec![part::generic(item)],
    }
}

/// Tools the caller runs: the item's type, the tool's name where the item has none, and where the arguments are.
const CLIENT_TOOLS: [(&str, &str, &[&str]); 6] = [
    ("function_call", "function", &["arguments"]),
    ("custom_tool_call", "custom", &["input"]),
    ("computer_call", "computer", &["action", "actions"]),
    ("local_shell_call", "local_shell", &["action"]),
    ("shell_call", "shell", &["action"]),
    ("apply_patch_call", "apply_patch", &["operation"]),
];

fn client_call(item: &Value, (kind, tool, places): &(&str, &str, &[&str])) -> Value {
    let given = places
        .iter()
        .filter_map(|place| item.get(*place))
        .find(|value| !value.is_null());
    let arguments = match *kind {
        // A custom tool's input is a text of its own kind.
        "custom_tool_call" => given.cloned().unwrap_or(Value::Null),
        _ => part::arguments(given),
    };
    let id = field(item, "call_id").or_else(|| field(item, "id"));
    part::tool_call(id, field(item, "name").unwrap_or(tool), arguments)
}

/// A tool the provider runs.
struct ServerTool {
    /// Type of the item.
    kind: &'static str,
    /// The tool, in the convention's objects.
    tool: &'static str,
    /// What it was called with.
    call: &'static [&'static str],
    /// What it found.
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
    fn parts(&self, item: &Value) -> Vec<Value> {
        let id = field(item, "id").map(Value::from);
        let object = |names: &[&str]| {
            let mut object = json!({"type": self.tool});
            for name in names {
                let value = item.get(*name).filter(|value| !value.is_null());
                let value = value.map(|value| match *name {
                    "arguments" => part::arguments(Some(value)),
                    _ => value.clone(),
                });
                set(&mut object, name, value);
            }
            object
        };
        let name = field(item, "name").unwrap_or(self.tool);
        let call = object(self.call);
        let mut part = json!({"type": "server_tool_call", "name": name, "server_tool_call": call});
        set(&mut part, "id", id.clone());
        let mut parts = vec![part];
        let response = object(self.response);
        if response
            .as_object()
            .is_some_and(|members| members.len() > 1)
        {
            let mut part =
                json!({"type": "server_tool_call_response", "server_tool_call_response": response});
            set(&mut part, "id", id);
            parts.push(part);
        }
        if let ("image_generation", Some(image)) = (self.tool, field(item, "result")) {
            let format = field(item, "output_format").unwrap_or("png");
            parts.push(part::blob("image", Some(&format!("image/{format}")), image));
        }
        parts
    }
}

fn compaction(item: &Value) -> Value {
    let mut part = json!({"type": "compaction"});
    set(&mut part, "id", field(item, "id").map(Value::from));
    part
}

/// What the model shows of its reasoning: its text, else its summary. What is encrypted stays so.
fn reasoning(item: &Value) -> Vec<Value> {
    let texts = |name: &str| -> Vec<Value> {
        let pieces = item.get(name).and_then(Value::as_array);
        let texts = pieces
            .into_iter()
            .flatten()
            .filter_map(|piece| field(piece, "text"));
        texts.map(part::reasoning).collect()
    };
    let mut parts = texts("content");
    if parts.is_empty() {
        parts = texts("summary");
    }
    parts
}

fn contents(content: Option<&Value>) -> Vec<Value> {
    match content {
        Some(Value::String(text)) => vec![part::text(text)],
        Some(Value::Array(pieces)) => pieces.iter().map(piece).collect(),
        _ => Vec::new(),
    }
}

fn piece(piece: &Value) -> Value {
    let text = || field(piece, "text").unwrap_or_default();
    match field(piece, "type") {
        Some("input_text" | "output_text" | "text" | "summary_text") => part::text(text()),
        Some("reasoning_text") => part::reasoning(text()),
        Some("refusal") => part::refusal(field(piece, "refusal").unwrap_or_default()),
        Some("input_image" | "computer_screenshot") => image(piece),
        Some("input_file") => part::document(piece),
        Some("input_audio") => part::audio(piece),
        _ => part::generic(piece),
    }
}

fn image(piece: &Value) -> Value {
    match (field(piece, "image_url"), field(piece, "file_id")) {
        (Some(url), _) => part::media("image", url),
        (None, Some(id)) => part::file("image", id),
        (None, None) => part::generic(piece),
    }
}
