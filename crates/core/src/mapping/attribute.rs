//! A span's attributes, by name.

use serde_json::{Map, Value};

use crate::Json;
use crate::usage::rounded;

/// Attributes of a span or of its resource; arrays and maps as JSON values.
///
/// The mapping asks for some two hundred names, of which a span has about ten: a Bloom filter rules out most of the others
/// without a search. To take an attribute is to remove and return it; a null counts as absent.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    /// Sorted by name; each name once.
    slots: Vec<Slot>,
    filter: Filter,
}

/// An attribute, and `None` in the place of its value once it was taken.
#[derive(Clone, Debug)]
struct Slot {
    name: String,
    value: Option<Value>,
}

/// A Bloom filter of names with one hash.
#[derive(Clone, Debug, Default)]
struct Filter([u64; 4]);

impl Filter {
    fn add(&mut self, name: &str) {
        let (word, bit) = Self::bit(name);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    /// Returns false only for names that were not added.
    fn may_have(&self, name: &str) -> bool {
        let (word, bit) = Self::bit(name);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Hashes the length and the last eight bytes: names of one dialect share their beginnings.
    fn bit(name: &str) -> (usize, u64) {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let end = match name.as_bytes().last_chunk() {
            Some(end) => u64::from_le_bytes(*end),
            None => name.bytes().fold(0, |end, byte| end << 8 | u64::from(byte)),
        };
        let hash = (end ^ name.len() as u64).wrapping_mul(FACTOR);
        (usize::from((hash >> 62) as u8), 1 << (hash >> 56 & 63))
    }
}

impl Attributes {
    /// Returns the value of an attribute that was not taken.
    fn value(&self, name: &str) -> Option<&Value> {
        self.slots.get(self.place(name)?)?.value.as_ref()
    }

    /// Returns the place of an attribute's value.
    fn slot(&mut self, name: &str) -> Option<&mut Option<Value>> {
        let place = self.place(name)?;
        self.slots.get_mut(place).map(|slot| &mut slot.value)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.filter.may_have(name).then_some(())?;
        self.slots
            .binary_search_by(|slot| slot.name.as_str().cmp(name))
            .ok()
    }

    /// Returns the first value that `read` accepts. Removes it, equal values under later names, and empty texts, which carry no
    /// information; attributes that differ or cannot be read stay.
    fn take_as<T: PartialEq>(
        &mut self,
        names: &[&str],
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let mut found = None;
        for name in names {
            let Some(slot) = self.slot(name) else {
                continue;
            };
            let Some(value) = slot else {
                continue;
            };
            let is_empty = value.as_str() == Some("");
            let value = read(value).filter(|_| !is_empty);
            let is_taken = value.is_some() && (found.is_none() || value == found);
            if is_taken {
                found = value;
            }
            if is_taken || is_empty {
                *slot = None;
            }
        }
        found
    }

    /// Takes an attribute of any type.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.slot(name)?.take().filter(|value| !value.is_null())
    }

    /// Removes all of `names`.
    pub(super) fn drop(&mut self, names: &[&str]) {
        for name in names {
            self.take(name);
        }
    }

    /// Takes the attributes whose names begin with `prefix`, and strips the prefix.
    pub(super) fn take_with_prefix(&mut self, prefix: &str) -> Vec<(String, Value)> {
        let first = self
            .slots
            .partition_point(|slot| slot.name.as_str() < prefix);
        let slots = self.slots.iter_mut().skip(first);
        slots
            .map_while(|slot| Some((slot.name.strip_prefix(prefix)?, &mut slot.value)))
            .filter_map(|(name, value)| Some((name.to_owned(), value.take()?)))
            .collect()
    }

    /// Returns whether the name of any attribute begins with `prefix`.
    pub(super) fn has_with_prefix(&self, prefix: &str) -> bool {
        let first = self
            .slots
            .partition_point(|slot| slot.name.as_str() < prefix);
        let slots = self.slots.iter().skip(first);
        let mut below = slots.take_while(|slot| slot.name.starts_with(prefix));
        below.any(|slot| slot.value.is_some())
    }

    pub(super) fn put(&mut self, name: &str, value: Value) {
        self.filter.add(name);
        let place = self
            .slots
            .binary_search_by(|slot| slot.name.as_str().cmp(name));
        match place.map(|place| self.slots.get_mut(place)) {
            Ok(Some(slot)) => slot.value = Some(value),
            Ok(None) => {}
            Err(place) => {
                let name = name.to_owned();
                let value = Some(value);
                self.slots.insert(place, Slot { name, value });
            }
        }
    }

    /// Puts many attributes, in no order.
    pub(super) fn put_all(&mut self, attributes: Vec<(String, Value)>) {
        if !attributes.is_empty() {
            let own = std::mem::take(self).into_iter();
            *self = own.chain(attributes).collect();
        }
    }

    /// Takes a text; also from a number or a flag. As `take_as`, but the text is moved and not copied.
    pub(super) fn take_text(&mut self, names: &[&str]) -> Option<String> {
        let mut found: Option<String> = None;
        for name in names {
            let Some(slot) = self.slot(name) else {
                continue;
            };
            let text = match slot.take() {
                Some(Value::String(text)) if text.is_empty() => continue,
                Some(Value::String(text)) => text,
                Some(value @ (Value::Number(_) | Value::Bool(_))) => {
                    let text = value.to_string();
                    if found.as_ref().is_some_and(|found| *found != text) {
                        *slot = Some(value);
                        continue;
                    }
                    text
                }
                other => {
                    *slot = other;
                    continue;
                }
            };
            match &found {
                Some(found) if *found != text => *slot = Some(Value::String(text)),
                Some(_) => {}
                None => found = Some(text),
            }
        }
        found
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
        self.value(name).and_then(Value::as_str)
    }

    /// Returns an attribute, which stays.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.value(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns whether no attribute is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.iter().all(|slot| slot.value.is_none())
    }
}

/// Of several attributes with one name, the last counts.
impl FromIterator<(String, Value)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(attributes: I) -> Self {
        let mut filter = Filter::default();
        let slot = |(name, value): (String, Value)| {
            filter.add(&name);
            let value = Some(value);
            Slot { name, value }
        };
        let mut slots: Vec<Slot> = attributes.into_iter().map(slot).collect();
        slots.sort_by(|a, b| a.name.cmp(&b.name));
        slots.dedup_by(|later, kept| {
            let is_same = later.name == kept.name;
            if is_same {
                kept.value = later.value.take();
            }
            is_same
        });
        Self { slots, filter }
    }
}

impl IntoIterator for Attributes {
    type Item = (String, Value);
    type IntoIter = Remaining;

    fn into_iter(self) -> Remaining {
        Remaining(self.slots.into_iter())
    }
}

/// The attributes that were not taken, by name.
#[derive(Debug)]
pub struct Remaining(std::vec::IntoIter<Slot>);

impl Iterator for Remaining {
    type Item = (String, Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.find_map(|slot| Some((slot.name, slot.value?)))
    }
}
