//! `spanloom call`.

use serde::Deserialize;
use serde_json::Value;

use super::answer::Row;
use super::args::OneArgs;
use super::client::{Server, project};
use super::table;
use crate::error::Error;
use crate::output::{json, line, without_controls};

#[derive(Deserialize)]
struct Answer {
    row: Row,
    stream: String,
    conversation: Conversation,
}

#[derive(Deserialize)]
struct Conversation {
    messages: Vec<Message>,
    inputs: Vec<String>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    parts: Vec<Part>,
}

/// A part of a message, as far as it is printed.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Part {
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
    },
    ToolCall {
        name: String,
        arguments: String,
        result: Option<Vec<Self>>,
    },
    ToolResult {
        parts: Vec<Self>,
    },
    Other {
        json: String,
    },
}

impl Part {
    fn print(&self, indent: &str) {
        let print = |text: &str| {
            let text = without_controls(text);
            for text in text.lines() {
                line(format_args!("{indent}{text}"));
            }
        };
        match self {
            Self::Text { text } | Self::Refusal { text } => print(text),
            Self::Reasoning { text } => print(&format!("(reasoning) {text}")),
            Self::Media { label } => print(&format!("[{label}]")),
            Self::Other { json } => print(json),
            Self::ToolCall {
                name,
                arguments,
                result,
            } => {
                print(&format!("{name}({arguments})"));
                let inside = [indent, "  → "].concat();
                result.iter().flatten().for_each(|part| part.print(&inside));
            }
            Self::ToolResult { parts } => parts.iter().for_each(|part| part.print(indent)),
        }
    }
}

pub(super) async fn run(args: &OneArgs) -> Result<(), Error> {
    let server = Server::at(&args.server.address.url)?;
    let mut parameters = project(&args.project)?;
    parameters.push(("id", args.id.clone()));
    let path = ["api", "call"];
    if args.server.json {
        let answer: Value = server.get(&path, &parameters).await?;
        json(&answer);
        return Ok(());
    }
    let answer: Answer = server.get(&path, &parameters).await?;
    facts(&answer);
    for text in &answer.conversation.inputs {
        line(format_args!("\ninput\n  {}", without_controls(text)));
    }
    for message in &answer.conversation.messages {
        line(format_args!("\n{}", table::text(&message.role, 40)));
        message.parts.iter().for_each(|part| part.print("  "));
    }
    let (entity, name) = args.project.split_once('/').unwrap_or_default();
    let page = server.page(&[entity, name, "r", "call", &args.id]);
    line(format_args!("\n{page}"));
    Ok(())
}

fn facts(answer: &Answer) {
    let row = &answer.row;
    let facts = [
        ("name", Some(row.title().to_owned())),
        ("stream", Some(answer.stream.clone())),
        ("trace", Some(row.trace_id.clone())),
        ("status", Some(row.ending().to_owned())),
        ("error", row.exception.clone()),
        ("user", row.user.clone()),
        ("conversation", row.thread.clone()),
        ("started", Some(table::time(row.started_at))),
        ("latency", Some(table::duration(row.latency_ms))),
        (
            "first chunk",
            row.ttfc_ms.map(|ms| table::duration(Some(ms))),
        ),
        (
            "tokens",
            Some(format!(
                "{} in, {} out",
                table::count(row.input_tokens),
                table::count(row.output_tokens)
            )),
        ),
        ("cost", Some(table::cost(row.cost_usd))),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            line(format_args!("{name:<13}{}", table::text(&value, 300)));
        }
    }
}
