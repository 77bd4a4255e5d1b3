//! The destination of a record.

use super::attribute::Attributes;
use crate::{StreamName, semconv as names};

/// Takes each part from the span, else from its resource, else from the default, which also replaces an invalid part.
pub(super) fn destination(
    attributes: &mut Attributes,
    resource: &Attributes,
    default: &StreamName,
) -> StreamName {
    let mut part = |name: &str, alias: &str, default: &str| {
        let own = attributes.take_text(&[name, alias]);
        let part = own
            .as_deref()
            .or_else(|| resource.text(name))
            .or_else(|| resource.text(alias));
        part.filter(|part| StreamName::is_part(part))
            .unwrap_or(default)
            .to_owned()
    };
    StreamName {
        entity: part(names::SPANLOOM_ENTITY, "wandb.entity", &default.entity),
        project: part(names::SPANLOOM_PROJECT, "wandb.project", &default.project),
        stream: part(names::SPANLOOM_STREAM, "wandb.stream", &default.stream),
    }
}

/// Returns the stream of what a resource sends, but for spans that name one themselves.
#[must_use]
pub fn stream_of(resource: &Attributes, default: &StreamName) -> StreamName {
    destination(&mut Attributes::default(), resource, default)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn spans_and_resources_say_where_they_belong() {
        let routed = |own: Value, resource: Value| {
            let attributes = |value: Value| match value {
                Value::Object(map) => map.into_iter().collect::<Attributes>(),
                _ => Attributes::default(),
            };
            let default = StreamName::parse("acme/chatbot/logs", None).unwrap();
            destination(&mut attributes(own), &attributes(resource), &default).to_string()
        };
        assert_eq!(routed(json!({}), json!({})), "acme/chatbot/logs");
        let wandb = json!({"wandb.entity": "e", "wandb.project": "p"});
        assert_eq!(routed(json!({}), wandb.clone()), "e/p/logs");
        assert_eq!(
            routed(wandb.clone(), json!({"spanloom.stream": "s"})),
            "e/p/s"
        );
        let ours = json!({"spanloom.entity": "a", "spanloom.project": "b", "wandb.entity": "c"});
        assert_eq!(routed(ours, wandb), "a/b/logs");
        assert_eq!(
            routed(json!({"spanloom.entity": "no/part"}), json!({})),
            "acme/chatbot/logs"
        );
    }
}
