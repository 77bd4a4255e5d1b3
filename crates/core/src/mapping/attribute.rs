//! A span's attributes, by name.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Json;

/// Attributes of a span or of its resource; arrays and maps as JSON values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// Removes and returns the first of `names` that is there.
    pub(super) fn take(&mut self, names: &[&str]) -> Option<Value> {
        let mut found = None;
        for name in names {
            let value = self.0.remove(*name).filter(|value| !value.is_null());
            found = found.or(value);
        }
        found
    }

    /// Removes and returns those whose names begin so, without that beginning.
    pub(super) fn take_below(&mut self, prefix: &str) -> Vec<(String, Value)> {
        let names: Vec<String> = self
            .0
            .range(prefix.to_owned()..)
            .map(|(name, _)| name)
            .take_while(|name| name.starts_with(prefix))
            .cloned()
            .collect();
        names
            .into_iter()
            .filter_map(|name| {
                let value = self.0.remove(&name)?;
                Some((name.get(prefix.len()..)?.to_owned(), value))
            })
            .collect()
    }

    pub(super) fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub(super) fn take_text(&mut self, names: &[&str]) -> Option<String> {
        self.take(names).and_then(|value| match value {
            Value::String(text) => (!text.is_empty()).then_some(text),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        })
    }

    /// A count; also from the text some SDKs write it as.
    pub(super) fn take_count(&mut self, names: &[&str]) -> Option<u64> {
        self.take(names)
            .and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()))
    }

    pub(super) fn take_number(&mut self, names: &[&str]) -> Option<f64> {
        self.take(names)
            .and_then(|value| value.as_f64().or_else(|| value.as_str()?.parse().ok()))
    }

    pub(super) fn take_texts(&mut self, names: &[&str]) -> Vec<String> {
        match self.take(names) {
            Some(Value::Array(items)) => items
                .into_iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
            Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_else(|_| vec![text]),
            _ => Vec::new(),
        }
    }

    /// JSON that stands in an attribute as text; a text that is no JSON becomes a JSON string.
    pub(super) fn take_json(&mut self, name: &str) -> Option<Json> {
        match self.take(&[name])? {
            Value::String(text) => {
                Some(Json::from_text(text.clone()).unwrap_or_else(|| Json::from_value(&text)))
            }
            value => Some(Json::from_value(&value)),
        }
    }

    /// The text of an attribute that stays.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Value)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(attributes: I) -> Self {
        Self(attributes.into_iter().collect())
    }
}

impl IntoIterator for Attributes {
    type Item = (String, Value);
    type IntoIter = std::collections::btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
