//! What a reading leaves: where values begin and end.

/// Memory of documents, one after the other.
#[derive(Debug, Default)]
pub struct Tape(pub(super) Vec<Entry>);

/// A longer one is not kept: most documents need no more.
pub(super) const KEPT: usize = 4_096;

/// A value, or the key of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Of a text and a key the characters between the quotes, of anything else the whole value.
    pub(super) start: u32,
    /// For a list or an object that was cut, where the reading ended.
    pub(super) end: u32,
    /// Of a list or an object the entry behind everything in it, of numbers how many they are.
    pub(super) next: u32,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text, or a key, that says what it is written as.
    Text,
    /// One with escapes.
    Escaped,
    /// One with half a pair of escapes, which is no character.
    Broken,
    /// A number, or several that follow each other in a list.
    Numbers,
    True,
    False,
    Null,
    List,
    Object,
    /// A list that does not end.
    CutList,
    CutObject,
}

impl Kind {
    /// Whether values lie in it.
    #[inline]
    pub(super) const fn holds(self) -> bool {
        matches!(
            self,
            Self::List | Self::Object | Self::CutList | Self::CutObject
        )
    }
}
