//! The parts a message is made of.

use std::borrow::Cow;

use super::Text;
use crate::json::Node;

/// A part of a message.
#[derive(Clone, Debug)]
pub enum Part<'d> {
    /// A text.
    Text(Text<'d>),
    /// The model's reasoning before its answer, as far as it is shown.
    Reasoning(Text<'d>),
    /// The text of a model's refusal.
    Refusal(Text<'d>),
    /// A call of a tool that the caller is to run.
    ToolCall {
        /// The id by which the result refers to the call.
        id: Option<Text<'d>>,
        /// The name of the tool.
        name: Text<'d>,
        /// The arguments of the call.
        arguments: Option<Arguments<'d>>,
    },
    /// The result of a tool that the caller ran.
    ToolResult {
        /// The id of the call.
        id: Option<Text<'d>>,
        /// The result, of any type.
        result: Option<Node<'d>>,
    },
    /// A call of a tool that the provider ran.
    ServerToolCall {
        /// The id of the call.
        id: Option<Text<'d>>,
        /// The name, as in the item.
        name: Text<'d>,
        /// The kind of tool.
        tool: &'static str,
        /// The arguments of the call.
        members: Vec<(&'static str, Arguments<'d>)>,
    },
    /// The result of a tool that the provider ran.
    ServerToolResult {
        /// The id of the call.
        id: Option<Text<'d>>,
        /// The kind of tool.
        tool: &'static str,
        /// The members of the result.
        members: Vec<(&'static str, Arguments<'d>)>,
    },
    /// An image, audio or a document, by value.
    Blob {
        /// The kind of medium.
        modality: Modality,
        /// The media type, such as `image/png`.
        mime_type: Option<Cow<'d, str>>,
        /// The content, in base64.
        content: Text<'d>,
        /// How closely a model looks at the medium, such as `low`.
        detail: Option<Text<'d>>,
    },
    /// An image, audio or a document, by its address.
    Uri {
        /// The kind of medium.
        modality: Modality,
        /// The address of the medium.
        uri: Text<'d>,
        /// How closely a model looks at the medium.
        detail: Option<Text<'d>>,
    },
    /// An image, audio or a document, by the id under which the provider stores it.
    File {
        /// The kind of medium.
        modality: Modality,
        /// The id at the provider.
        id: Text<'d>,
    },
    /// A conversation that was compacted; its content is encrypted.
    Compaction {
        /// The id of the item.
        id: Option<Text<'d>>,
    },
    /// Any other part, as it appears in the body.
    Unknown(Node<'d>),
}

/// The kind of a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modality {
    /// A picture.
    Image,
    /// A sound.
    Audio,
    /// A file of any other kind.
    Document,
}

impl Modality {
    /// Returns the convention's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Document => "document",
        }
    }
}

/// The arguments of a tool call.
#[derive(Clone, Copy, Debug)]
pub enum Arguments<'d> {
    /// JSON in a text, as in most calls. A model may also write a text that is not JSON.
    Written(Node<'d>),
    /// A value of any kind.
    Given(Node<'d>),
}

impl<'d> Arguments<'d> {
    /// Takes a text as JSON in a text, and any other value as it is.
    #[must_use]
    pub fn of(node: Node<'d>) -> Self {
        match node.is_text() {
            true => Self::Written(node),
            false => Self::Given(node),
        }
    }
}

impl<'d> Part<'d> {
    /// Creates a part for the media that a URL points to or contains.
    #[must_use]
    pub fn media(modality: Modality, url: Text<'d>, detail: Option<Text<'d>>) -> Self {
        match inline(url.clone().into_cow()) {
            Some((mime_type, content)) => Self::Blob {
                modality,
                mime_type: Some(mime_type),
                content: Text::Is(content),
                detail,
            },
            None => Self::Uri {
                modality,
                uri: url,
                detail,
            },
        }
    }
}

/// Returns the type and content of a data URL in base64.
fn inline(url: Cow<'_, str>) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let split = |url: &str| {
        let data = url.strip_prefix("data:")?;
        let (mime_type, content) = data.split_once(";base64,")?;
        Some((mime_type.len(), content.len()))
    };
    let (mime_type, content) = split(&url)?;
    let mime_type = "data:".len().."data:".len() + mime_type;
    let content = url.len() - content..;
    Some(match url {
        Cow::Borrowed(url) => (url.get(mime_type)?.into(), url.get(content)?.into()),
        Cow::Owned(url) => (
            url.get(mime_type)?.to_owned().into(),
            url.get(content)?.to_owned().into(),
        ),
    })
}
