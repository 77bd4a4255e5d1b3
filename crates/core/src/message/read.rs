//! Parts as bodies and spans write them: the kind by the `type`, and the names of the members.
//!
//! Sources: OpenAI's chat completions and Responses API; GenAI semantic conventions (`gen-ai-input-messages.json`);
//! Mistral's and Anthropic's messages; rig 0.44, rust-genai 0.7 and the Vercel AI SDK 5, with words of their own.

use std::borrow::Cow;

use super::{Arguments, Modality, Part, Text};
use crate::json::Node;

/// The kind of a part, in all dialects.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Reasoning,
    Refusal,
    ToolCall,
    ToolResult,
    Image,
    Audio,
    File,
    Uri,
    Blob,
}

const KINDS: [(&str, Kind); 22] = [
    ("text", Kind::Text),
    ("input_text", Kind::Text),
    ("output_text", Kind::Text),
    ("summary_text", Kind::Reasoning),
    ("reasoning", Kind::Reasoning),
    ("reasoning_text", Kind::Reasoning),
    ("thinking", Kind::Reasoning),
    ("refusal", Kind::Refusal),
    ("tool_call", Kind::ToolCall),
    ("tool-call", Kind::ToolCall),
    ("tool_use", Kind::ToolCall),
    ("tool_call_response", Kind::ToolResult),
    ("tool-result", Kind::ToolResult),
    ("tool_result", Kind::ToolResult),
    ("image_url", Kind::Image),
    ("input_image", Kind::Image),
    ("computer_screenshot", Kind::Image),
    ("input_audio", Kind::Audio),
    ("file", Kind::File),
    ("input_file", Kind::File),
    ("uri", Kind::Uri),
    ("blob", Kind::Blob),
];
/// Members that hold a part, or show its kind, where it has no `type`: Bedrock's, Gemini's in both spellings.
const UNTYPED: [(&str, Kind); 8] = [
    ("toolUse", Kind::ToolCall),
    ("toolResult", Kind::ToolResult),
    ("functionCall", Kind::ToolCall),
    ("function_call", Kind::ToolCall),
    ("functionResponse", Kind::ToolResult),
    ("function_response", Kind::ToolResult),
    ("reasoningText", Kind::Reasoning),
    ("text", Kind::Text),
];
const WORDS: &[&str] = &["content", "text", "thinking", "refusal"];
const ID: &[&str] = &["id", "toolCallId", "tool_use_id", "toolUseId"];
const NAME: &[&str] = &["name", "toolName"];
const ARGUMENTS: &[&str] = &["arguments", "args", "input"];
const RESULT: &[&str] = &["response", "result", "output", "content"];
const MODALITIES: [Modality; 3] = [Modality::Image, Modality::Audio, Modality::Document];

impl Kind {
    /// Returns the kind that a `type` means; `None` for a provider's own word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let known = KINDS.iter().find(|(known, _)| *known == word);
        known.map(|(_, kind)| *kind)
    }
}

impl<'d> Part<'d> {
    /// Reads a part of any of these dialects. A part of another kind, or without the members its kind requires, is
    /// [`Unknown`](Part::Unknown).
    #[must_use]
    pub fn read(node: Node<'d>) -> Self {
        let part = match node.is_text() {
            true => Some(Self::Text(node.into())),
            false => match node.get("type").and_then(Node::text) {
                Some(word) => Kind::of(&word).and_then(|kind| read(node, kind)),
                None => untyped(node).and_then(|(_, kind, holder)| read(holder, kind)),
            },
        };
        part.unwrap_or(Self::Unknown(node))
    }

    /// Reads a tool call without a type, as in a list of nothing but tool calls.
    pub(crate) fn read_call(node: Node<'d>) -> Option<Self> {
        read(node, Kind::ToolCall)
    }

    /// Returns the members of the source `node` that are not in the part. Always empty for media.
    pub(crate) fn rest(&self, node: Node<'d>) -> Vec<(Cow<'d, str>, Node<'d>)> {
        let own: &[&[&str]] = match self {
            Self::Text(_) | Self::Reasoning(_) | Self::Refusal(_) => &[WORDS],
            Self::ToolCall { .. } => &[ID, NAME, ARGUMENTS],
            Self::ToolResult { .. } => &[ID, RESULT],
            _ => return Vec::new(),
        };
        let own = own.iter().filter_map(|names| {
            let (name, value) = first(node, names)?;
            let is_read = value.is_text() || ![ID, NAME].contains(names);
            is_read.then_some(name)
        });
        let holder = match node.get("type") {
            Some(_) => "type",
            None => untyped(node).map_or("type", |(name, ..)| name),
        };
        let own: Vec<&str> = own.chain([holder]).collect();
        let is_flag = |name: &str, value: Node<'_>| {
            name == "refusal" && value.bool() == Some(true) && matches!(self, Self::Refusal(_))
        };
        let rest = node.members();
        rest.filter(|(name, value)| !own.contains(&&**name) && !is_flag(name, *value))
            .collect()
    }
}

/// Returns the member that shows the kind of a part without a type, the kind, and the object with the part's members.
fn untyped<'d>(node: Node<'d>) -> Option<(&'static str, Kind, Node<'d>)> {
    let (name, kind) = UNTYPED
        .iter()
        .find(|(name, _)| node.given(name).is_some())?;
    let member = node.get(name)?;
    // Gemini marks its thoughts.
    let is_thought = node.get("thought").and_then(Node::bool) == Some(true);
    let kind = if is_thought { Kind::Reasoning } else { *kind };
    Some((name, kind, if member.is_object() { member } else { node }))
}

/// Returns the first of these members that is present.
fn first<'d>(node: Node<'d>, names: &[&'static str]) -> Option<(&'static str, Node<'d>)> {
    names
        .iter()
        .find_map(|name| node.given(name).map(|value| (*name, value)))
}

fn read(node: Node<'_>, kind: Kind) -> Option<Part<'_>> {
    let text = |names| first(node, names).and_then(|(_, value)| Text::some(value));
    let value = |names| first(node, names).map(|(_, value)| value);
    Some(match kind {
        // Our own messages write a refusal this way, for viewers that know only texts.
        Kind::Text if node.get("refusal").and_then(Node::bool) == Some(true) => {
            Part::Refusal(words(node)?)
        }
        Kind::Text => Part::Text(words(node)?),
        Kind::Reasoning => Part::Reasoning(words(node)?),
        Kind::Refusal => Part::Refusal(words(node)?),
        Kind::ToolCall => Part::ToolCall {
            id: text(ID),
            name: text(NAME)?,
            arguments: value(ARGUMENTS).map(Arguments::of),
        },
        Kind::ToolResult => match (text(ID), value(RESULT)) {
            (None, None) => return None,
            (id, result) => Part::ToolResult { id, result },
        },
        Kind::Image => return image(node),
        Kind::Audio => audio(node),
        Kind::File => return file(node),
        Kind::Uri => Part::Uri {
            modality: modality(node)?,
            uri: Text::of(node, "uri")?,
            detail: None,
        },
        Kind::Blob => Part::Blob {
            modality: modality(node)?,
            mime_type: Text::of(node, "mime_type").map(Text::into_cow),
            content: Text::of(node, "content")?,
            detail: None,
        },
    })
}

/// Reads a text, or pieces of a text, as in Mistral's reasoning.
fn words(node: Node<'_>) -> Option<Text<'_>> {
    let (_, words) = first(node, WORDS)?;
    if words.is_text() {
        return Some(words.into());
    }
    let pieces = words.is_list().then(|| words.items())?;
    let texts = pieces.filter_map(|piece| Text::of(piece, "text"));
    Some(Text::from(
        texts
            .map(|text| text.get().into_owned())
            .collect::<String>(),
    ))
}

fn modality(node: Node<'_>) -> Option<Modality> {
    let written = node.get("modality")?;
    MODALITIES
        .into_iter()
        .find(|modality| written.is(modality.as_str()))
}

/// Reads an image by its address, in an object or bare, or by the id it was stored under.
fn image(node: Node<'_>) -> Option<Part<'_>> {
    let modality = Modality::Image;
    let image = node.get("image_url");
    let url = image.and_then(|image| Text::of(image, "url").or_else(|| Text::some(image)));
    // Chat completions put the detail next to the address, the Responses API next to the image.
    let detail = image.and_then(|image| Text::of(image, "detail"));
    let detail = detail.or_else(|| Text::of(node, "detail"));
    match url {
        Some(url) => Some(Part::media(modality, url, detail)),
        None => Text::of(node, "file_id").map(|id| Part::File { modality, id }),
    }
}

fn audio(node: Node<'_>) -> Part<'_> {
    let audio = node.get("input_audio").unwrap_or(node);
    let format = Text::of(audio, "format");
    let format = format.as_ref().map_or("wav".into(), Text::get);
    Part::Blob {
        modality: Modality::Audio,
        mime_type: Some(["audio/", &format].concat().into()),
        content: Text::of(audio, "data").unwrap_or_else(|| "".into()),
        detail: None,
    }
}

/// Reads a file by its content, its address, or the id it was stored under.
fn file(node: Node<'_>) -> Option<Part<'_>> {
    let file = node.get("file").unwrap_or(node);
    let modality = modality(file).unwrap_or(Modality::Document);
    if let Some(content) = Text::of(file, "file_data") {
        return Some(match content.get().starts_with("data:") {
            true => Part::media(modality, content, None),
            false => Part::Blob {
                modality,
                mime_type: None,
                content,
                detail: None,
            },
        });
    }
    if let Some(url) = Text::of(file, "file_url") {
        return Some(Part::media(modality, url, None));
    }
    let id = Text::of(file, "file_id")?;
    Some(Part::File { modality, id })
}
