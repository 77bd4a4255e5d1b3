//! Ids as short bytes: hex digits and UUIDs take half the size of their text.

use smallvec::{SmallVec, smallvec};

/// The id of a span, a trace or a call: its kind and its bytes, without an allocation, since a row has three ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(SmallVec<[u8; LONGEST]>);

/// The bytes of the longest usual id, which is that of a trace and that of a span together.
const LONGEST: usize = 1 + 16 + 8;

const TEXT: u8 = 0;
const HEX: u8 = 1;
const UUID: u8 = 2;
const DASHES: [usize; 4] = [8, 13, 18, 23];

impl Id {
    /// Packs an id; any text is valid.
    pub(crate) fn new(text: &str) -> Self {
        if let Some(id) = hex(HEX, text.bytes()) {
            return id;
        }
        let text = text.as_bytes();
        let is_dashed = text.len() == 36 && DASHES.iter().all(|at| text.get(*at) == Some(&b'-'));
        let digits = text.iter().copied().filter(|byte| *byte != b'-');
        let uuid = hex(UUID, digits).filter(|id| is_dashed && id.0.len() == 17);
        uuid.unwrap_or_else(|| Self::from_parts(TEXT, text))
    }

    /// Restores an id from its stored bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(SmallVec::from_slice(bytes))
    }

    /// Restores an id from the two parts of its stored bytes: the first byte, and the others.
    pub(super) fn from_parts(kind: u8, bytes: &[u8]) -> Self {
        let mut id = smallvec![kind];
        id.extend_from_slice(bytes);
        Self(id)
    }

    /// Returns the two parts of the stored bytes.
    pub(super) fn parts(&self) -> (u8, &[u8]) {
        let parts = self.0.split_first();
        parts.map_or((TEXT, &[]), |(kind, bytes)| (*kind, bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the id under which a span is stored when its own id belongs to a span of another trace.
    pub(super) fn within(&self, trace: &Self) -> Self {
        match (trace.parts(), self.parts()) {
            ((HEX, trace), (HEX, own)) => Self::from_parts(HEX, &[trace, own].concat()),
            _ => Self::new(&format!("{trace}{self}")),
        }
    }

    /// Returns the span's own id of an id made by [`within`](Self::within), and any other id as it is.
    pub(super) fn without(&self, trace: &Self) -> Self {
        let own = self.0.strip_prefix(trace.as_bytes());
        match own.filter(|own| !own.is_empty() && trace.parts().0 == HEX) {
            Some(own) => Self::from_parts(HEX, own),
            None => self.clone(),
        }
    }
}

/// Packs pairs of lower-case hex digits; returns `None` for any other text.
fn hex(kind: u8, mut digits: impl Iterator<Item = u8>) -> Option<Id> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut id = smallvec![kind];
    while let Some(high) = digits.next() {
        id.push(digit(high)? << 4 | digit(digits.next()?)?);
    }
    (id.len() > 1).then_some(Id(id))
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, bytes) = self.parts();
        if kind == TEXT {
            return f.write_str(&String::from_utf8_lossy(bytes));
        }
        for (index, byte) in bytes.iter().enumerate() {
            if kind == UUID && matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Id;

    #[test]
    fn every_id_comes_back_and_known_forms_are_short() {
        for (text, bytes) in [
            ("00f067aa0ba902b7", 9),
            ("4bf92f3577b34da6a3ce929d0e0e4736", 17),
            ("0192f0c1-7a1e-7b7a-8c3d-0242ac120002", 17),
            ("0192F0C1-7A1E-7B7A-8C3D-0242AC120002", 37),
            ("any text", 9),
            ("abc", 4),
            ("", 1),
            (&"0a".repeat(40), 41),
        ] {
            let id = Id::new(text);
            assert_eq!(
                (id.to_string().as_str(), id.as_bytes().len()),
                (text, bytes)
            );
            assert_eq!(Id::from_bytes(id.as_bytes()), id);
        }
    }

    #[test]
    fn ids_of_different_forms_are_different() {
        assert_ne!(
            Id::new("0192f0c1-7a1e-7b7a-8c3d-0242ac120002"),
            Id::new("0192f0c17a1e7b7a8c3d0242ac120002")
        );
    }
}
