//! Lenient reading of single JSON fields.

use serde::Deserialize;
use serde_json::value::RawValue;

/// The field as a `T`, or `None` when it is absent, null or of another type.
pub(super) fn read<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    raw.and_then(|raw| serde_json::from_str::<Option<T>>(raw.get()).ok().flatten())
}

/// The field as a struct. An array is none, though serde would take its elements for the fields.
pub(super) fn object<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    read(raw.filter(|raw| raw.get().starts_with('{')))
}

/// A whole body as a struct; the default of one that is no object.
pub(super) fn body<'a, T: Deserialize<'a> + Default>(bytes: &'a [u8]) -> T {
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    let read = is_object.then(|| serde_json::from_slice(bytes).ok());
    read.flatten().unwrap_or_default()
}
