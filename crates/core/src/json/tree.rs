//! The conversion to `serde_json` trees.

use serde_json::Value;

use super::node::Node;

impl Node<'_> {
    /// Returns the value as a tree; `None` if `serde_json` cannot read it: it has more than 127 levels, or a number out of range.
    #[must_use]
    pub fn to_value(self) -> Option<Value> {
        serde_json::from_str(&self.to_json_string()).ok()
    }

    /// Returns the value as a tree of `levels` levels, at most 100; deeper values become their JSON as a text.
    #[must_use]
    pub fn to_value_up_to(self, levels: usize) -> Value {
        let is_container = self.is_list() || self.is_object();
        match levels.min(100).checked_sub(1) {
            None if is_container => Value::String(self.to_json_string()),
            Some(levels) if self.is_object() => {
                let members = self.members();
                let members =
                    members.map(|(name, it)| (name.into_owned(), it.to_value_up_to(levels)));
                Value::Object(members.collect())
            }
            Some(levels) if self.is_list() => {
                // Numbers that follow each other are one item.
                let items = self.items().flat_map(|item| match item.numbers() {
                    0 => vec![item.to_value_up_to(levels)],
                    _ => {
                        let list = ["[", &item.to_json_string(), "]"].concat();
                        serde_json::from_str(&list)
                            .unwrap_or_else(|_| vec![Value::String(item.to_json_string())])
                    }
                });
                Value::Array(items.collect())
            }
            _ => self.to_value().unwrap_or_default(),
        }
    }

    /// Returns the value as JSON.
    #[must_use]
    pub fn to_json_string(self) -> String {
        let mut json = String::new();
        self.write(&mut json);
        json
    }
}
