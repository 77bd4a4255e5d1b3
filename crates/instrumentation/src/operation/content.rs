//! Arguments, results, queries and documents, within limits and under the content policy.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use spanloom_core::content::Place;

use crate::layer::Config;

/// The bytes of JSON up to which content is recorded.
const MOST_BYTES: usize = 1 << 20;

/// The content of an operation.
pub(super) enum Content {
    /// As it may be recorded: a text, or JSON.
    Text(String),
    /// It has at least this many bytes, and is left out.
    TooLarge(usize),
    /// Content is not recorded, or the value is no JSON.
    None,
}

impl Content {
    /// Returns whether content is recorded on spans. Events carry messages without spans; an operation has no event.
    pub(super) fn is_recorded(config: &Config) -> bool {
        let content = config.content.content;
        content.messages() || content.bodies()
    }

    pub(super) fn of(config: &Config, place: Place, value: &(impl Serialize + ?Sized)) -> Self {
        if !Self::is_recorded(config) {
            return Self::None;
        }
        let recording = &config.content;
        let mut json = Bounded::default();
        // A panic of the user's code must not become one of ours.
        let written = catch_unwind(AssertUnwindSafe(|| serde_json::to_writer(&mut json, value)));
        if !matches!(written, Ok(Ok(()))) {
            return match json.is_full {
                true => Self::TooLarge(json.bytes.len()),
                false => Self::None,
            };
        }
        let Ok(json) = String::from_utf8(json.bytes) else {
            return Self::None;
        };
        let json = inner_json(json);
        let filtered = recording.policy.apply(place, &json);
        config.recorder.queue().withheld(filtered.withheld);
        Self::Text(plain(filtered.json.into_owned()))
    }
}

/// Returns the JSON that a text holds, as arguments in a model's answer do; else the JSON as it is.
fn inner_json(json: String) -> String {
    let inner = text(&json).filter(|text| {
        let is_json = text.starts_with(['{', '[']);
        is_json && serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
    });
    inner.unwrap_or(json)
}

/// Returns a JSON text without its quotes; other JSON as it is.
fn plain(json: String) -> String {
    text(&json).unwrap_or(json)
}

fn text(json: &str) -> Option<String> {
    json.starts_with('"')
        .then(|| serde_json::from_str(json).ok())
        .flatten()
}

/// A buffer that refuses to grow beyond the limit.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > MOST_BYTES {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_a_text_is_json_and_other_texts_are_plain() {
        let of = |value: serde_json::Value| plain(inner_json(value.to_string()));
        assert_eq!(
            of(serde_json::json!({"city": "Bonn"})),
            r#"{"city":"Bonn"}"#
        );
        assert_eq!(
            of(serde_json::json!(r#"{"city":"Bonn"}"#)),
            r#"{"city":"Bonn"}"#
        );
        assert_eq!(of(serde_json::json!("rain \"today\"")), "rain \"today\"");
        assert_eq!(of(serde_json::json!("{no json")), "{no json");
        assert_eq!(of(serde_json::json!(7)), "7");
    }

    #[test]
    fn a_large_value_is_given_up_early() {
        let mut bounded = Bounded::default();
        let large = vec!["x".repeat(1_000); 10_000];
        assert!(serde_json::to_writer(&mut bounded, &large).is_err());
        assert!(bounded.is_full && bounded.bytes.len() <= MOST_BYTES);
    }
}
