//! The user's own attributes at the root of a record.

use serde_json::{Map, Value};

use super::attribute::Attributes;
use crate::record::Record;
use crate::semconv as names;
use crate::weave::free;

/// Takes the user's attributes out of a span's attributes, and adds the tenant and the session to group by.
pub(super) fn monitor(attributes: &mut Attributes, session: Option<String>) -> Map<String, Value> {
    let mut monitor = attributes
        .take_object(&[names::SPANLOOM_ATTRIBUTES])
        .or_else(|| attributes.take_object(&["wandb.attributes"]))
        .unwrap_or_default();
    for name in Record::RESERVED {
        if let Some(value) = monitor.remove(name) {
            let name = free(&monitor, &format!("{name}_"));
            monitor.insert(name, value);
        }
    }
    let tenant = attributes.take_text(&[names::SPANLOOM_TENANT]);
    for (key, id) in [("tenant", tenant), ("session", session)] {
        if let Some(id) = id {
            monitor.entry(key).or_insert(Value::String(id));
        }
    }
    monitor
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(spanloom_attributes: &Value, tenant: &str, session: Option<&str>) -> Value {
        let mut attributes = Attributes::from_iter([
            (
                names::SPANLOOM_ATTRIBUTES.to_owned(),
                json!(spanloom_attributes.to_string()),
            ),
            (names::SPANLOOM_TENANT.to_owned(), json!(tenant)),
        ]);
        let monitor = monitor(&mut attributes, session.map(str::to_owned));
        assert!(attributes.is_empty());
        monitor.into()
    }

    #[test]
    fn keys_of_the_users_that_are_names_of_ours_are_kept() {
        let attributes = json!({"stream": true, "otel": [1], "otel_": 2, "spanloom": {"operation": "chat"}, "weave": 3});
        assert_eq!(
            of(&attributes, "", None),
            json!({"stream_": true, "otel__": [1], "otel_": 2, "spanloom_": {"operation": "chat"}, "weave": 3})
        );
    }

    #[test]
    fn tenant_and_session_are_there_to_group_by() {
        assert_eq!(
            of(&json!({"a": 1}), "acme", Some("s-1")),
            json!({"a": 1, "tenant": "acme", "session": "s-1"})
        );
        // The user's own key takes precedence.
        assert_eq!(
            of(&json!({"tenant": 7}), "acme", None),
            json!({"tenant": 7})
        );
    }
}
