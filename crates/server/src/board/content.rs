//! The messages of a call, whichever API or program produced them.

use std::borrow::Cow;

use serde_json::Value;
use spanloom_core::json::{Document, Node};
use spanloom_core::message::{Message, Part, Text};
use spanloom_core::{Endpoint, Record, openai};

/// The attributes of a tool's arguments and result, below `attributes.otel`: the convention's names and those of
/// Vercel's SDK.
const ARGUMENTS: [&str; 3] = [
    "gen_ai.tool.call.arguments",
    "ai.toolCall.args",
    "tool.parameters",
];
const RESULTS: [&str; 2] = ["gen_ai.tool.call.result", "ai.toolCall.result"];
const NAMES: [&str; 3] = ["gen_ai.tool.name", "ai.toolCall.name", "tool.name"];
const IDS: [&str; 2] = ["gen_ai.tool.call.id", "ai.toolCall.id"];

/// A record's JSON, parsed once.
#[derive(Debug)]
pub(super) struct Bodies<'r> {
    record: &'r Record,
    inputs: Document<'r>,
    output: Document<'r>,
    /// The tool, if the record is a tool's span.
    tool: Option<Tool>,
}

/// A tool execution.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) id: Option<String>,
    /// JSON, or any text.
    pub(super) arguments: Option<String>,
    pub(super) result: Option<String>,
}

/// The request and the answer of a call.
#[derive(Debug, Default)]
pub(super) struct Content<'d> {
    pub(super) asked: Vec<Message<'d>>,
    pub(super) answered: Vec<Message<'d>>,
    /// A request for embeddings, and its answer.
    pub(super) embedding: Option<Embedding<'d>>,
    /// A tool execution, instead of messages.
    pub(super) tool: Option<&'d Tool>,
}

/// The texts of an embeddings request and the vectors of its answer.
#[derive(Debug)]
pub(super) struct Embedding<'d> {
    pub(super) inputs: Vec<Text<'d>>,
    pub(super) vectors: usize,
    /// The length of the first vector.
    pub(super) dimensions: Option<usize>,
}

impl<'r> Bodies<'r> {
    pub(super) fn of(record: &'r Record) -> Self {
        let output = record.output.as_ref().map_or("null", |json| json.as_str());
        let [inputs, output] =
            [record.inputs.as_str(), output].map(|json| Document::read(json.as_bytes()));
        let is_tool = record.info().operation.as_deref() == Some("execute_tool");
        let tool = is_tool.then(|| Tool::of(record, inputs.root(), output.root()));
        Self {
            record,
            tool,
            inputs,
            output,
        }
    }

    pub(super) fn content(&self) -> Content<'_> {
        let (inputs, output) = (self.inputs.root(), self.output.root());
        if self.tool.is_some() {
            return Content {
                tool: self.tool.as_ref(),
                ..Content::default()
            };
        }
        let operation = self.record.info().operation;
        match openai::endpoint(operation.as_deref(), inputs, output) {
            Some(Endpoint::Embeddings) => Content {
                embedding: Some(embedding(inputs, output)),
                ..Content::default()
            },
            Some(endpoint) => of_model(endpoint, inputs, output),
            // A function of any program: its input and its output.
            None => Content {
                asked: unless_empty("input", inputs),
                answered: unless_empty("output", output),
                ..Content::default()
            },
        }
    }
}

fn of_model<'d>(endpoint: Endpoint, inputs: Node<'d>, output: Node<'d>) -> Content<'d> {
    let asked = match endpoint {
        Endpoint::FetchResponse => openai::prompt_content(endpoint, output),
        _ => openai::prompt_content(endpoint, inputs),
    };
    let instructions = asked.system_instructions;
    let instructions = (!instructions.is_empty()).then(|| Message::new("system", instructions));
    Content {
        asked: instructions
            .into_iter()
            .chain(asked.input_messages)
            .collect(),
        answered: openai::output_messages(endpoint, output),
        ..Content::default()
    }
}

fn embedding<'d>(inputs: Node<'d>, output: Node<'d>) -> Embedding<'d> {
    let ids = |count: usize| Text::from(format!("{count} token ids"));
    let text = |item: Node<'d>| match item.numbers() {
        0 if item.is_text() => Text::In(item),
        0 => ids(item.items().map(Node::numbers).sum()),
        count => ids(count),
    };
    let given = inputs.get("input");
    let one = given.filter(|given| given.is_text());
    let many = given.into_iter().flat_map(Node::items);
    let vectors = output.get("data").map_or(0, |data| data.items().count());
    Embedding {
        inputs: one.into_iter().chain(many).map(text).collect(),
        vectors,
        dimensions: openai::response(Endpoint::Embeddings, output).dimensions,
    }
}

fn is_empty(value: Node<'_>) -> bool {
    value.is_null() || value.is_object() && value.members().next().is_none()
}

/// Returns a value as a single message, or nothing if the value is empty.
fn unless_empty<'d>(role: &'static str, value: Node<'d>) -> Vec<Message<'d>> {
    let part = match value.is_text() {
        true => Part::Text(value.into()),
        false => Part::Unknown(value),
    };
    (!is_empty(value))
        .then(|| Message::new(role, vec![part]))
        .into_iter()
        .collect()
}

impl Tool {
    /// Reads the tool from the attributes, or else from the record's inputs and output.
    fn of(record: &Record, inputs: Node<'_>, output: Node<'_>) -> Self {
        let otel = record.attributes.get(Record::OTHERS);
        let first = |names: &[&str]| {
            let value = names.iter().find_map(|name| otel?.get(*name))?;
            Some(match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
        };
        let written = |value: Node<'_>| {
            let text = value.text().map(Cow::into_owned);
            (!is_empty(value)).then(|| text.unwrap_or_else(|| value.to_json_string()))
        };
        let op_name = record.op_name.split_whitespace().last();
        Self {
            name: first(&NAMES).unwrap_or_else(|| op_name.unwrap_or("tool").to_owned()),
            id: first(&IDS),
            arguments: first(&ARGUMENTS).or_else(|| written(inputs)),
            result: first(&RESULTS).or_else(|| written(output)),
        }
    }
}
