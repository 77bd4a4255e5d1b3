//! Embeddings: how wide the vectors are.

use serde::Deserialize;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Body;
use super::usage::usage;
use crate::Response;
use crate::openai::field::{self, read};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Embedding<'a> {
    #[serde(borrow, default)]
    embedding: Option<&'a RawValue>,
}

/// The first element of an array; the others are passed over.
struct First<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
            type Value = First<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<First<T>, A::Error> {
                let first = array.next_element()?;
                while array.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }

        deserializer.deserialize_seq(Elements(std::marker::PhantomData))
    }
}

pub(super) fn read_body(body: &[u8]) -> Body {
    let wire: Wire<'_> = field::body(body);
    let (usage, reported_cost) = usage(wire.usage);
    let first = read::<First<Embedding<'_>>>(wire.data).and_then(|first| first.0?.embedding);
    Body {
        response: Response {
            id: read(wire.id),
            model: read(wire.model),
            ..Response::default()
        },
        usage,
        reported_cost,
        dimensions: first.and_then(width),
        ..Body::default()
    }
}

/// Numbers in a vector, which is an array or the base64 of 32-bit floats.
fn width(embedding: &RawValue) -> Option<usize> {
    let text = embedding.get();
    if let Some(encoded) = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        let encoded = encoded.trim_end_matches('=');
        return Some(encoded.len() * 3 / 4 / size_of::<f32>()).filter(|width| *width > 0);
    }
    let numbers = serde_json::from_str::<Vec<IgnoredAny>>(text).ok()?;
    Some(numbers.len()).filter(|width| *width > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_is_measured_in_both_encodings() {
        let dimensions = |data: &str| {
            let body = format!(
                r#"{{"object":"list","model":"m","data":{data},"usage":{{"prompt_tokens":4,"total_tokens":4}}}}"#
            );
            let body = read_body(body.as_bytes());
            assert_eq!(body.usage.input_tokens, Some(4));
            assert_eq!(body.usage.output_tokens, None);
            body.dimensions
        };
        assert_eq!(
            dimensions(r#"[{"index":0,"embedding":[0.1,-0.2,3]},{"index":1,"embedding":[1]}]"#),
            Some(3)
        );
        // Two floats are 8 bytes are 11 digits and one `=`.
        assert_eq!(dimensions(r#"[{"embedding":"AACAPwAAAEA="}]"#), Some(2));
        // Three floats are 12 bytes and need no filling.
        assert_eq!(dimensions(r#"[{"embedding":"AACAPwAAAEAAAEBA"}]"#), Some(3));
        assert_eq!(dimensions("[]"), None);
        assert_eq!(dimensions(r#"[{"embedding":null}]"#), None);
    }
}
