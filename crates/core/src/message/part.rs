//! The parts a message is made of.

use std::borrow::Cow;

use super::Text;
use crate::json::Node;

/// A part of a message.
#[derive(Clone, Debug)]
pub enum Part<'d> {
    /// Words.
    Text(Text<'d>),
    /// What the model thought before it answered, as far as it is shown.
    Reasoning(Text<'d>),
    /// The words with which a model refused.
    Refusal(Text<'d>),
    /// A tool that the caller is to run.
    ToolCall {
        /// By which the result names the call.
        id: Option<Text<'d>>,
        /// The tool.
        name: Text<'d>,
        /// What it is called with.
        arguments: Option<Arguments<'d>>,
    },
    /// What such a tool answered.
    ToolResult {
        /// The call's.
        id: Option<Text<'d>>,
        /// The answer, of any kind.
        result: Option<Node<'d>>,
    },
    /// A tool that the provider ran.
    ServerToolCall {
        /// The call's own.
        id: Option<Text<'d>>,
        /// As the item names it.
        name: Text<'d>,
        /// The kind of tool.
        tool: &'static str,
        /// What it was called with.
        members: Vec<(&'static str, Arguments<'d>)>,
    },
    /// What such a tool found.
    ServerToolResult {
        /// The call's.
        id: Option<Text<'d>>,
        /// The kind of tool.
        tool: &'static str,
        /// What it found.
        members: Vec<(&'static str, Arguments<'d>)>,
    },
    /// An image, a sound or a document, by value.
    Blob {
        /// What it is.
        modality: Modality,
        /// Such as `image/png`.
        mime_type: Option<Cow<'d, str>>,
        /// In base64.
        content: Text<'d>,
        /// How closely a model looks at it, such as `low`.
        detail: Option<Text<'d>>,
    },
    /// The same, by its address.
    Uri {
        /// What it is.
        modality: Modality,
        /// Where it is.
        uri: Text<'d>,
        /// How closely a model looks at it.
        detail: Option<Text<'d>>,
    },
    /// The same, by the id it was stored under at the provider.
    File {
        /// What it is.
        modality: Modality,
        /// The id.
        id: Text<'d>,
    },
    /// A conversation that was compacted; what it says is encrypted.
    Compaction {
        /// The item's.
        id: Option<Text<'d>>,
    },
    /// Anything else, as it stands in the body.
    Unknown(Node<'d>),
}

/// What a medium is.
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
    /// The convention's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Document => "document",
        }
    }
}

/// What a tool is called with.
#[derive(Clone, Copy, Debug)]
pub enum Arguments<'d> {
    /// JSON in a text, as most travel. A model may also write something that is none.
    Written(Node<'d>),
    /// A value of any kind.
    Given(Node<'d>),
}

impl<'d> Arguments<'d> {
    /// A text is taken for JSON, where it is some.
    #[must_use]
    pub fn of(node: Node<'d>) -> Self {
        match node.is_text() {
            true => Self::Written(node),
            false => Self::Given(node),
        }
    }
}

impl<'d> Part<'d> {
    /// What a URL points to, or holds itself.
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

/// Type and content of a data URL in base64.
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
