//! The result of a pass: where values begin and end.

/// Memory that successive documents reuse.
#[derive(Debug, Default)]
pub struct Tape(pub(super) Vec<Entry>);

/// The longest tape that is kept for reuse: most documents need no more.
pub(super) const KEPT: usize = 4_096;

/// A value, or the key of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The start of the characters between the quotes for a text or key, of the whole value otherwise.
    pub(super) start: u32,
    /// The end, which for a list or an object that was cut is where the pass ended.
    pub(super) end: u32,
    /// The entry after the contents of a list or an object, or the count of numbers.
    pub(super) next: u32,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text or key without escapes.
    Text,
    /// A text or key with escapes.
    Escaped,
    /// A text or key with half of a surrogate pair, which is not a character.
    Broken,
    /// A number, or several consecutive numbers in a list.
    Numbers,
    True,
    False,
    Null,
    List,
    Object,
    /// A list without an end.
    CutList,
    CutObject,
}

impl Kind {
    /// Returns whether the value can contain values.
    #[inline]
    pub(super) const fn holds(self) -> bool {
        matches!(
            self,
            Self::List | Self::Object | Self::CutList | Self::CutObject
        )
    }
}
