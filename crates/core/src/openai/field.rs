//! Lenient reading of single JSON fields.

use serde::Deserialize;
use serde_json::value::RawValue;

/// The field as a `T`, or `None` when it is absent, null or of another type.
pub(super) fn read<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    raw.and_then(|raw| serde_json::from_str::<Option<T>>(raw.get()).ok().flatten())
}
