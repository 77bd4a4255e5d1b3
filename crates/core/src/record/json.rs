//! JSON that passes through unread.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A valid JSON text, kept as received: written out by copying, never as a tree.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Returns the empty object.
    #[must_use]
    pub fn empty() -> Self {
        Self(RawValue::NULL.to_owned()).or_object()
    }

    /// Wraps a text that is valid JSON; `None` for any other text.
    #[must_use]
    pub fn from_text(text: String) -> Option<Self> {
        RawValue::from_string(text).ok().map(Self)
    }

    /// Returns the value as JSON text; `null` for a value that JSON cannot express.
    pub fn from_value(value: &impl Serialize) -> Self {
        serde_json::value::to_raw_value(value)
            .map_or_else(|_| Self(RawValue::NULL.to_owned()), Self)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    fn or_object(self) -> Self {
        Self::from_text("{}".to_owned()).unwrap_or(self)
    }
}

impl From<Box<RawValue>> for Json {
    fn from(raw: Box<RawValue>) -> Self {
        Self(raw)
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
