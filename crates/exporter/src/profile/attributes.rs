//! A span's attributes by name, while they are sorted.

use std::collections::BTreeMap;

use opentelemetry::{Key, KeyValue, Value};
use serde_json::value::RawValue;

use super::{dotted_names, table};
use crate::span::json;

#[derive(Debug)]
pub(super) struct Attributes(BTreeMap<Key, Value>);

impl Attributes {
    /// Sorts attributes; the last of each name counts. Routing attributes are removed: the resource has them.
    pub(super) fn new(attributes: Vec<KeyValue>) -> Self {
        let pairs = attributes.into_iter();
        let mut sorted = Self(
            pairs
                .map(|KeyValue { key, value, .. }| (key, value))
                .collect(),
        );
        for name in table::ROUTING.iter().copied().flatten() {
            drop(sorted.take(name));
        }
        for (name, others) in table::COUNTS {
            sorted.count(name, others);
        }
        sorted
    }

    /// Moves a count to the name that is read; under other names it would be added again.
    fn count(&mut self, name: &'static str, others: &[&str]) {
        if self.has(name) {
            return;
        }
        if let Some(value) = others.iter().find_map(|other| self.take(other)) {
            self.set(name, value);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn any(&self, such: impl Fn(&str) -> bool) -> bool {
        self.0.keys().any(|name| such(name.as_str()))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Value::String(text)) if !text.as_str().is_empty() => Some(text.as_str()),
            _ => None,
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Takes the first of `names` that has a text.
    pub(super) fn take_text(&mut self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| match self.take(name)? {
            Value::String(text) if !text.as_str().is_empty() => Some(String::from(text)),
            Value::I64(number) => Some(number.to_string()),
            _ => None,
        })
    }

    pub(super) fn set(&mut self, name: impl Into<Key>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Takes out the attributes with a name that is `such`.
    pub(super) fn take_such(&mut self, such: impl Fn(&str) -> bool) -> Vec<(String, Value)> {
        let names: Vec<Key> = self
            .0
            .keys()
            .filter(|name| such(name.as_str()))
            .cloned()
            .collect();
        let taken = names
            .into_iter()
            .filter_map(|name| Some((String::from(name.clone()), self.0.remove(name.as_str())?)));
        taken.collect()
    }

    /// Takes out the attributes that have children.
    pub(super) fn take_branches(&mut self) -> Vec<(String, Value)> {
        let names: Vec<Key> = self.0.keys().cloned().collect();
        self.take_such(|name| dotted_names::has_children(&names, name))
    }

    /// Returns the name, with underscores added until it is neither taken nor a parent or child of a taken name.
    pub(super) fn free(&self, name: &str) -> String {
        let mut free = name.to_owned();
        while self.0.keys().any(|taken| {
            taken.as_str() == free
                || dotted_names::is_child(taken.as_str(), &free)
                || dotted_names::is_child(&free, taken.as_str())
        }) {
            free.push('_');
        }
        free
    }

    pub(super) fn into_vec(self) -> Vec<KeyValue> {
        let pairs = self.0.into_iter();
        pairs
            .map(|(key, value)| KeyValue::new(key, value))
            .collect()
    }
}

/// Returns whether the value is a JSON text.
pub(super) fn is_json(value: &Value) -> bool {
    let Value::String(text) = value else {
        return false;
    };
    text.as_str().starts_with(['{', '['])
        && serde_json::from_str::<&RawValue>(text.as_str()).is_ok()
}

/// Returns the value as JSON; a JSON text is parsed.
pub(super) fn parsed(value: Value) -> serde_json::Value {
    if is_json(&value)
        && let Ok(value) = serde_json::from_str(value.as_str().as_ref())
    {
        return value;
    }
    json(value)
}
