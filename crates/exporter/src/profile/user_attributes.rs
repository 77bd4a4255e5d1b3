//! The user's own attributes of a call: monitor attributes, or W&B's own `wandb.attributes`.

use serde_json::{Map, Value};
use spanloom_core::semconv as names;
use spanloom_core::weave::insert;

use super::attributes::{Attributes, parsed};
use super::{dotted_names, table};

/// Takes out the user's attributes, as one object.
pub(super) fn user_attributes(attributes: &mut Attributes) -> Map<String, Value> {
    let mut own = Map::new();
    for name in [names::SPANLOOM_ATTRIBUTES, table::ATTRIBUTES] {
        match attributes.take(name).map(parsed) {
            Some(Value::Object(object)) => {
                for (key, value) in object {
                    own.entry(key).or_insert(value);
                }
            }
            Some(other) => insert(&mut own, name, other),
            None => {}
        }
    }
    for (name, value) in
        attributes.take_such(|name| dotted_names::is_child(name, table::ATTRIBUTES))
    {
        let key = name.get(table::ATTRIBUTES.len() + 1..).unwrap_or(&name);
        insert(&mut own, key, parsed(value));
    }
    own
}
