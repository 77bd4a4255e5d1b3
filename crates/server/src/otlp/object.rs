//! Protobuf messages read from JSON objects, one field at a time.
//!
//! `null` is an absent field, unknown fields are skipped, and the last of duplicate fields counts. Field names are
//! accepted in `lowerCamelCase`, as OTLP specifies, and as in the `.proto` file, as Go's and Python's own writers may
//! emit them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A message that is an object in JSON.
pub(super) trait Fields<'de>: Default {
    /// Consumes the value of the field `name`, by reading or skipping it.
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// A message to deserialize.
pub(super) struct Object<M>(pub(super) M);

impl<'de, M: Fields<'de>> Deserialize<'de> for Object<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData::<M>))
    }
}

struct ObjectVisitor<M>(PhantomData<M>);

impl<'de, M: Fields<'de>> Visitor<'de> for ObjectVisitor<M> {
    type Value = Object<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<M>, A::Error> {
        let mut message = M::default();
        while let Some(name) = map.next_key::<String>()? {
            message.field(&name, &mut map)?;
        }
        Ok(Object(message))
    }
}

/// A list of messages to deserialize.
struct List<M>(Vec<M>);

impl<'de, M: Fields<'de>> Deserialize<'de> for List<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData::<M>))
    }
}

struct ListVisitor<M>(PhantomData<M>);

impl<'de, M: Fields<'de>> Visitor<'de> for ListVisitor<M> {
    type Value = List<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<M>, A::Error> {
        let mut messages = Vec::new();
        // Nulls are dropped: objects are counted before they are read, but nulls are not.
        while let Some(message) = seq.next_element::<Option<Object<M>>>()? {
            messages.extend(message.map(|message| message.0));
        }
        Ok(List(messages))
    }
}

pub(super) fn message<'de, A, M>(map: &mut A) -> Result<Option<M>, A::Error>
where
    A: MapAccess<'de>,
    M: Fields<'de>,
{
    let message = map.next_value::<Option<Object<M>>>()?;
    Ok(message.map(|message| message.0))
}

pub(super) fn list<'de, A, M>(map: &mut A) -> Result<Vec<M>, A::Error>
where
    A: MapAccess<'de>,
    M: Fields<'de>,
{
    let list = map.next_value::<Option<List<M>>>()?;
    Ok(list.map(|list| list.0).unwrap_or_default())
}

pub(super) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>()?;
    Ok(())
}
