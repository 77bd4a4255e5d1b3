//! Segments as bytes, for the file: at a start they are read many times faster than the rows they were built from.
//!
//! Numbers are little-endian, lists begin with their length. A change of the form takes another [`VERSION`]: a segment in
//! any other form is built again from its rows.

use super::codes::Codes;
use super::ids::{Ids, SharedIds};
use super::packed::Packed;
use super::segment::{Attribute, Segment};
use crate::store::Code;

/// The form of what follows.
const VERSION: u8 = 1;
/// A version, and the checksum of the rest.
const HEAD: usize = 5;

impl Segment {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEAD];
        self.write(&mut bytes);
        let checksum = crc32fast::hash(bytes.get(HEAD..).unwrap_or_default());
        let head = std::iter::once(VERSION).chain(checksum.to_le_bytes());
        bytes.splice(..HEAD, head);
        bytes
    }

    /// Reads a segment; `None` if the bytes are damaged or of another form.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, mut rest) = bytes.split_at_checked(HEAD)?;
        let (version, checksum) = head.split_first()?;
        let checksum = u32::from_le_bytes(checksum.try_into().ok()?);
        let is_whole = *version == VERSION && crc32fast::hash(rest) == checksum;
        let segment = Self::read(&mut rest).filter(|_| is_whole)?;
        rest.is_empty().then_some(segment)
    }
}

/// A part of a segment, as bytes.
pub(super) trait Stored: Sized {
    fn write(&self, bytes: &mut Vec<u8>);

    /// Takes the part from the front of `bytes`.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

impl Stored for u8 {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(*self);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes, 1)?.first().copied()
    }
}

impl Stored for u64 {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self::from_le_bytes(take(bytes, 8)?.try_into().ok()?))
    }
}

impl Stored for i64 {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.cast_unsigned().write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes).map(u64::cast_signed)
    }
}

impl Stored for u32 {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self::from_le_bytes(take(bytes, 4)?.try_into().ok()?))
    }
}

impl Stored for usize {
    fn write(&self, bytes: &mut Vec<u8>) {
        (*self as u64).write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes)?.try_into().ok()
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        u8::from(self.is_some()).write(bytes);
        if let Some(value) = self {
            value.write(bytes);
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        match u8::read(bytes)? {
            0 => Some(None),
            _ => T::read(bytes).map(Some),
        }
    }
}

impl Stored for Box<[u8]> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.len().write(bytes);
        bytes.extend_from_slice(self);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let len = usize::read(bytes)?;
        take(bytes, len).map(Into::into)
    }
}

impl Stored for Box<[u32]> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.len().write(bytes);
        self.iter().for_each(|number| number.write(bytes));
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let len = usize::read(bytes)?.checked_mul(4)?;
        let (numbers, _) = take(bytes, len)?.as_chunks();
        Some(
            numbers
                .iter()
                .map(|number| u32::from_le_bytes(*number))
                .collect(),
        )
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::read(bytes)?, B::read(bytes)?))
    }
}

impl Stored for Box<[(Code, Attribute)]> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.len().write(bytes);
        self.iter().for_each(|attribute| attribute.write(bytes));
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let len = usize::read(bytes)?;
        (0..len).map(|_| Stored::read(bytes)).collect()
    }
}

/// Implements [`Stored`] for a struct by its fields, in their order.
macro_rules! stored {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl Stored for $name {
            fn write(&self, bytes: &mut Vec<u8>) {
                $(self.$field.write(bytes);)*
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: Stored::read(bytes)?),* })
            }
        }
    };
}

stored!(Packed {
    least,
    width,
    missing,
    bytes
});
stored!(Codes { indexes, codes });
stored!(SharedIds { indexes, ids });
stored!(Segment {
    len,
    project,
    stream,
    op_name,
    thread,
    user,
    operation,
    provider,
    model,
    request_model,
    status,
    outcome,
    cost_source,
    started_at,
    duration,
    first_chunk,
    attempts,
    input_tokens,
    output_tokens,
    cached_tokens,
    reasoning_tokens,
    cost,
    usage_estimated,
    reported_below,
    streamed,
    frame,
    slot,
    id,
    trace,
    parent,
    attributes,
    bounds,
});

impl Stored for Ids {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Alike {
                kind,
                width,
                bytes: ids,
            } => {
                0_u8.write(bytes);
                kind.write(bytes);
                width.write(bytes);
                ids.write(bytes);
            }
            Self::Mixed { ends, bytes: ids } => {
                1_u8.write(bytes);
                ends.write(bytes);
                ids.write(bytes);
            }
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(match u8::read(bytes)? {
            0 => Self::Alike {
                kind: Stored::read(bytes)?,
                width: Stored::read(bytes)?,
                bytes: Stored::read(bytes)?,
            },
            _ => Self::Mixed {
                ends: Stored::read(bytes)?,
                bytes: Stored::read(bytes)?,
            },
        })
    }
}

impl Stored for Attribute {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Dense(values) => {
                0_u8.write(bytes);
                values.write(bytes);
            }
            Self::Sparse { rows, values } => {
                1_u8.write(bytes);
                rows.write(bytes);
                values.write(bytes);
            }
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(match u8::read(bytes)? {
            0 => Self::Dense(Stored::read(bytes)?),
            _ => Self::Sparse {
                rows: Stored::read(bytes)?,
                values: Stored::read(bytes)?,
            },
        })
    }
}
