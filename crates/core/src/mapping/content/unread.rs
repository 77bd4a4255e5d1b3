//! Content as the texts of a span's attributes, which are read when someone asks for them.

use std::borrow::Cow;

use serde_json::Value;

use super::{Bodies, bodies, chat, embedding, indexed_messages, json_messages, operation};
use crate::mapping::attribute::Attributes;
use crate::record::{CallInfo, Record};
use crate::semconv as names;

/// The attributes that are content and nothing else, in the convention's names and ours.
const CONTENT: [&str; 6] = [
    names::SPANLOOM_REQUEST,
    names::SPANLOOM_RESPONSE,
    names::GEN_AI_INPUT_MESSAGES,
    names::GEN_AI_OUTPUT_MESSAGES,
    names::GEN_AI_SYSTEM_INSTRUCTIONS,
    names::GEN_AI_TOOL_DEFINITIONS,
];

/// Attributes of a span from which its request and its answer are read, each with its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadContent(Vec<(Cow<'static, str>, String)>);

impl UnreadContent {
    /// Takes the content of a span's attributes. Returns `None`, and takes nothing, if any of it has a name outside the
    /// conventions: what is read then decides which attributes stay.
    pub(in crate::mapping) fn take(attributes: &mut Attributes) -> Option<Self> {
        let others = json_messages::others()
            .chain(chat::INVOCATION_PARAMETERS)
            .any(|name| attributes.has(name));
        let numbered = indexed_messages::PREFIXES
            .iter()
            .chain([&embedding::PREFIX])
            .any(|prefix| attributes.has_with_prefix(prefix));
        let present = |names: &[&str]| names.iter().filter(|name| attributes.has(name)).count();
        let [inputs, outputs] =
            [operation::INPUTS, operation::OUTPUTS].map(|names| present(&names));
        // Only one of them becomes the inputs, or the output.
        let several = inputs > 1 || outputs > 1 || inputs + outputs > 0 && present(&CONTENT) > 0;
        if others || numbered || several {
            return None;
        }
        let mut texts = Vec::new();
        for name in CONTENT
            .into_iter()
            .chain(operation::INPUTS)
            .chain(operation::OUTPUTS)
        {
            if let Some(value) = attributes.take(name) {
                texts.push((Cow::Borrowed(name), text(value)));
            }
        }
        if !texts.is_empty() {
            // Parameters of the request are attributes of every span, and stay.
            let parameters = chat::PARAMETERS.iter().filter_map(|(name, _)| {
                let value = attributes.get(name)?;
                Some((Cow::Borrowed(*name), text(value.clone())))
            });
            texts.extend(parameters);
        }
        Some(Self(texts))
    }

    /// Returns whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the attributes by name.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (&**name, text.as_str()))
    }

    /// Reads the content into the record that lacks it.
    pub fn read_into(self, record: &mut Record) {
        if self.is_empty() {
            return;
        }
        let mut info = record.info();
        let Bodies {
            inputs,
            output,
            rebuilt,
        } = self.read(&info);
        if let Some(inputs) = inputs {
            record.inputs = inputs;
        }
        record.output = output;
        info.rebuilt = rebuilt;
        record.set_info(&info);
    }

    fn read(self, info: &CallInfo) -> Bodies {
        let texts = self.0.into_iter();
        let mut attributes = texts
            .map(|(name, text)| (name.into_owned(), Value::String(text)))
            .collect();
        bodies(&mut attributes, info)
    }
}

impl FromIterator<(String, String)> for UnreadContent {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(texts: I) -> Self {
        let texts = texts.into_iter();
        Self(texts.map(|(name, text)| (name.into(), text)).collect())
    }
}

/// Returns the text of an attribute; any other value as JSON, which is read in the same way.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}
