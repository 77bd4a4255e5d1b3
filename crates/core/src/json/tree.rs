//! The conversion to `serde_json` trees.

use serde_json::Value;

use super::node::Node;

impl Node<'_> {
    /// Returns the value as a tree; `None` when it is deeper than 127 levels.
    #[must_use]
    pub fn to_value(self) -> Option<Value> {
        serde_json::from_str(&self.written()).ok()
    }

    /// Returns the value as a tree of `levels` levels, at most 100; deeper values become their JSON as a text.
    #[must_use]
    pub fn to_value_up_to(self, levels: usize) -> Value {
        let holds = self.is_list() || self.is_object();
        match levels.min(100).checked_sub(1) {
            None if holds => Value::String(self.written()),
            Some(levels) if self.is_object() => {
                let members = self.members();
                let members =
                    members.map(|(name, it)| (name.into_owned(), it.to_value_up_to(levels)));
                Value::Object(members.collect())
            }
            Some(levels) if self.is_list() => {
                let items = self.items().flat_map(|item| match item.numbers() {
                    0 => vec![item.to_value_up_to(levels)],
                    _ => {
                        let list = ["[", &item.written(), "]"].concat();
                        serde_json::from_str(&list).unwrap_or_default()
                    }
                });
                Value::Array(items.collect())
            }
            _ => self.to_value().unwrap_or_default(),
        }
    }

    /// Returns the value as JSON.
    #[must_use]
    pub fn written(self) -> String {
        let mut json = String::new();
        self.write(&mut json);
        json
    }
}
