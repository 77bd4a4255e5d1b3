//! A call as a conversation for the board.

use std::collections::HashMap;

use serde::Serialize;
use spanloom_core::json::Node;
use spanloom_core::message::{Arguments, Message, Part, Text};

use super::content::{Content, Tool};
use super::media::data;
use super::text::{answered, json, medium};

/// Messages in order, with each tool's result below the call that requested it.
#[derive(Debug, Serialize)]
pub(super) struct Conversation {
    messages: Vec<ShownMessage>,
    /// The texts of an embeddings request.
    inputs: Vec<String>,
    vectors: Option<Vectors>,
}

/// The number of returned vectors and the length of each.
#[derive(Debug, Serialize)]
struct Vectors {
    count: usize,
    dimensions: Option<usize>,
}

#[derive(Debug, Serialize)]
struct ShownMessage {
    role: String,
    name: Option<String>,
    from: Side,
    parts: Vec<ShownPart>,
    finish: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Side {
    Request,
    Response,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ShownPart {
    Text {
        text: String,
    },
    Reasoning {
        text: String,
    },
    Refusal {
        text: String,
    },
    Media {
        label: String,
        /// The `data:` address, if the call carries the medium.
        data: Option<String>,
    },
    ToolCall {
        id: Option<String>,
        name: String,
        arguments: String,
        result: Option<Vec<Self>>,
    },
    ToolResult {
        id: Option<String>,
        parts: Vec<Self>,
    },
    /// Any other part, as JSON text, so that deep nesting cannot break the parsing of the rest.
    Other {
        json: String,
    },
}

impl Conversation {
    pub(super) fn of(content: &Content<'_>) -> Self {
        let asked = content.asked.iter().map(|it| shown(it, Side::Request));
        let answered = content.answered.iter().map(|it| shown(it, Side::Response));
        let embedding = content.embedding.as_ref();
        let inputs = embedding
            .into_iter()
            .flat_map(|embedding| &embedding.inputs);
        let tool = content.tool.and_then(tool);
        Self {
            messages: pair(tool.into_iter().chain(asked).chain(answered).collect()),
            inputs: inputs.map(owned).collect(),
            vectors: embedding
                .filter(|embedding| embedding.vectors > 0)
                .map(|embedding| Vectors {
                    count: embedding.vectors,
                    dimensions: embedding.dimensions,
                }),
        }
    }
}

/// Returns a tool execution as a call with its result, or `None` if neither was recorded.
fn tool(tool: &Tool) -> Option<ShownMessage> {
    let is_known = tool.arguments.is_some() || tool.result.is_some();
    let result = tool.result.clone();
    let call = ShownPart::ToolCall {
        id: tool.id.clone(),
        name: tool.name.clone(),
        arguments: tool.arguments.clone().unwrap_or_default(),
        result: result.map(|text| vec![ShownPart::Text { text }]),
    };
    is_known.then(|| ShownMessage {
        role: "tool".to_owned(),
        name: None,
        from: Side::Response,
        parts: vec![call],
        finish: None,
    })
}

fn owned(text: &Text<'_>) -> String {
    text.get().into_owned()
}

fn shown(message: &Message<'_>, from: Side) -> ShownMessage {
    // `error` is the convention's finish reason for an incomplete answer; the call's outcome is more specific.
    let finish = message
        .finish_reason
        .as_deref()
        .filter(|reason| *reason != "error");
    ShownMessage {
        role: message.role.clone().into_owned(),
        name: message.name.as_ref().map(owned),
        from,
        parts: message.parts.iter().map(part).collect(),
        finish: finish.map(str::to_owned),
    }
}

fn part(part: &Part<'_>) -> ShownPart {
    match part {
        Part::Text(text) => ShownPart::Text { text: owned(text) },
        Part::Reasoning(text) => ShownPart::Reasoning { text: owned(text) },
        Part::Refusal(text) => ShownPart::Refusal { text: owned(text) },
        Part::ToolCall {
            id,
            name,
            arguments,
        } => ShownPart::ToolCall {
            id: id.as_ref().map(owned),
            name: owned(name),
            arguments: arguments.map(json).unwrap_or_default(),
            result: None,
        },
        Part::ToolResult { id, result } => ShownPart::ToolResult {
            id: id.as_ref().map(owned),
            parts: result.map(results).unwrap_or_default(),
        },
        Part::ServerToolCall {
            id, name, members, ..
        } => ShownPart::ToolCall {
            id: id.as_ref().map(owned),
            name: owned(name),
            arguments: object(members),
            result: None,
        },
        Part::ServerToolResult { id, members, .. } => ShownPart::ToolResult {
            id: id.as_ref().map(owned),
            parts: vec![ShownPart::Other {
                json: object(members),
            }],
        },
        Part::Unknown(node) => other(*node),
        medium_or_compaction => ShownPart::Media {
            data: data(medium_or_compaction),
            label: medium(medium_or_compaction)
                .unwrap_or_else(|| "compacted conversation".to_owned()),
        },
    }
}

/// Returns the parts of a tool's answer: a text, a list of texts and other values, or any JSON.
fn results(result: Node<'_>) -> Vec<ShownPart> {
    let one = |node: Node<'_>| match answered(node) {
        Some(text) => ShownPart::Text {
            text: text.into_owned(),
        },
        None => other(node),
    };
    match (result.is_null(), result.is_list()) {
        (true, _) => Vec::new(),
        (_, true) => result.items().map(one).collect(),
        _ => vec![one(result)],
    }
}

fn other(node: Node<'_>) -> ShownPart {
    ShownPart::Other {
        json: node.to_json_string(),
    }
}

fn object(members: &[(&'static str, Arguments<'_>)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(
            |(name, Arguments::Given(value) | Arguments::Written(value))| {
                format!("\"{name}\":{}", value.to_json_string())
            },
        )
        .collect();
    format!("{{{}}}", members.join(","))
}

/// Moves each tool's result below the call that requested it and removes messages that become empty.
fn pair(messages: Vec<ShownMessage>) -> Vec<ShownMessage> {
    let calls = |part: &ShownPart| match part {
        ShownPart::ToolCall { id: Some(id), .. } => Some(id.clone()),
        _ => None,
    };
    let asked: Vec<String> = messages
        .iter()
        .flat_map(|message| message.parts.iter().filter_map(calls))
        .collect();
    let mut results: HashMap<String, Vec<ShownPart>> = HashMap::new();
    let mut left = Vec::with_capacity(messages.len());
    for mut message in messages {
        let before = message.parts.len();
        let mut parts = Vec::with_capacity(before);
        for part in message.parts {
            match part {
                ShownPart::ToolResult {
                    id: Some(id),
                    parts,
                } if asked.contains(&id) && !results.contains_key(&id) => {
                    results.insert(id, parts);
                }
                part => parts.push(part),
            }
        }
        let is_emptied = parts.is_empty() && before > 0;
        message.parts = parts;
        if !is_emptied {
            left.push(message);
        }
    }
    for part in left.iter_mut().flat_map(|message| &mut message.parts) {
        if let ShownPart::ToolCall {
            id: Some(id),
            result,
            ..
        } = part
        {
            *result = results.remove(id).or_else(|| result.take());
        }
    }
    left
}
