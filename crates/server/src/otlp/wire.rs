//! The fields of a protobuf message, read where they lie. Source: "Encoding" of the Protocol Buffers documentation.

/// A message is truncated, has impossible lengths, or has groups, which OTLP does not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The content of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    /// No field of OTLP that is read has four bytes.
    Fixed32,
    /// A text, bytes or a message.
    Bytes(&'a [u8]),
}

/// The fields of a message, each with its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u64, Field<'a>), Malformed> {
        let tag = self.varint()?;
        let field = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => {
                let (bytes, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
                self.0 = rest;
                Field::Fixed64(u64::from_le_bytes(*bytes))
            }
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
                self.0 = rest;
                Field::Bytes(bytes)
            }
            5 => {
                self.0 = self.0.get(4..).ok_or(Malformed)?;
                Field::Fixed32
            }
            _ => return Err(Malformed),
        };
        Ok((tag >> 3, field))
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Malformed)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Field<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<(u64, Field<'_>)>, Malformed> {
        Fields(bytes).collect()
    }

    #[test]
    fn fields_of_every_type_are_read() {
        let bytes = b"\x08\x96\x01\x11\x01\0\0\0\0\0\0\0\x1a\x02hi\x25\0\0\0\0";
        let fields = [
            (1, Field::Varint(150)),
            (2, Field::Fixed64(1)),
            (3, Field::Bytes(b"hi")),
            (4, Field::Fixed32),
        ];
        assert_eq!(all(bytes), Ok(fields.to_vec()));
        assert_eq!(all(b""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for bytes in [
            &b"\x08"[..],
            b"\x11\0\0\0",
            b"\x1a\x05a",
            b"\x25\0",
            b"\x0b",
            b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            &[0xff; 11],
        ] {
            assert_eq!(all(bytes), Err(Malformed), "{bytes:?}");
        }
    }
}
