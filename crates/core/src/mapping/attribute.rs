//! A span's attributes, by name.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::Json;
use crate::usage::rounded;

/// Attributes of a span or of its resource; arrays and maps as JSON values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// Takes the first of `names` that `read` accepts, the further names with an equal value, and empty texts, which
    /// carry no information. Attributes that differ or cannot be read stay.
    fn take_as<T: PartialEq>(
        &mut self,
        names: &[&str],
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let mut found = None;
        for name in names {
            let Some(value) = self.0.get(*name) else {
                continue;
            };
            let is_empty = value.as_str() == Some("");
            let value = read(value).filter(|_| !is_empty);
            let is_taken = value.is_some() && (found.is_none() || value == found);
            if is_taken {
                found = value;
            }
            if is_taken || is_empty {
                self.0.remove(*name);
            }
        }
        found
    }

    /// Takes an attribute of any type.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Removes all of `names`.
    pub(super) fn drop(&mut self, names: &[&str]) {
        for name in names {
            self.0.remove(*name);
        }
    }

    /// Takes the attributes whose names begin with `prefix`, and strips the prefix.
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
        self.take_as(names, |value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        })
    }

    /// Takes a count; also from a text, as some SDKs write it.
    pub(super) fn take_count(&mut self, names: &[&str]) -> Option<u64> {
        self.take_as(names, |value| match value {
            Value::Number(number) => number.as_u64().or_else(|| rounded(number.as_f64()?)),
            Value::String(text) => rounded(text.trim().parse().ok()?),
            _ => None,
        })
    }

    pub(super) fn take_number(&mut self, names: &[&str]) -> Option<f64> {
        self.take_as(names, |value| {
            value.as_f64().or_else(|| value.as_str()?.parse().ok())
        })
    }

    pub(super) fn take_flag(&mut self, name: &str) -> Option<bool> {
        self.take_as(&[name], Value::as_bool)
    }

    /// Takes a list of texts; also from a single text, or from the JSON that some SDKs write.
    pub(super) fn take_texts(&mut self, names: &[&str]) -> Vec<String> {
        let texts = |items: &Vec<Value>| {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<String>>>()
        };
        let found = self.take_as(names, |value| match value {
            Value::Array(items) => texts(items),
            Value::String(text) => {
                Some(serde_json::from_str(text).unwrap_or_else(|_| vec![text.clone()]))
            }
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// Takes an attribute as JSON, also from JSON in a text; a text that is not JSON becomes a JSON string.
    pub(super) fn take_json(&mut self, name: &str) -> Option<Json> {
        Some(match self.take(name)? {
            Value::String(text) => {
                Json::from_text(text.clone()).unwrap_or_else(|| Json::from_value(&text))
            }
            value => Json::from_value(&value),
        })
    }

    /// Takes a JSON object, also from JSON in a text.
    pub(super) fn take_object(&mut self, names: &[&str]) -> Option<Map<String, Value>> {
        self.take_as(names, |value| match value {
            Value::String(text) => serde_json::from_str(text).ok(),
            Value::Object(object) => Some(object.clone()),
            _ => None,
        })
    }

    /// Returns the text of an attribute, which stays.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Returns an attribute, which stays.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// Returns whether no attribute is left.
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
