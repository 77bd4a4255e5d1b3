//! Trees, for those who need one.

use serde_json::Value;

use super::node::Node;

impl Node<'_> {
    /// It as a tree; `None` for what is deeper than 127 levels.
    #[must_use]
    pub fn to_value(self) -> Option<Value> {
        serde_json::from_str(&self.written()).ok()
    }

    /// It as a tree of so many levels, at most 100; what lies deeper is its JSON as a text.
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

    /// Its JSON.
    #[must_use]
    pub fn written(self) -> String {
        let mut json = String::new();
        self.write(&mut json);
        json
    }
}
