//! Fields of protobuf, written by hand around parts that are encoded already.

use bytes::{BufMut as _, BytesMut};
use prost::encoding::encode_varint;

/// Returns the bytes of a field with a number below 16.
pub(super) fn field_length(content: usize) -> usize {
    1 + prost::length_delimiter_len(content) + content
}

/// Writes the head of a field that holds a message, a text or bytes.
pub(super) fn put_head(buffer: &mut BytesMut, number: u8, length: usize) {
    const LENGTH_DELIMITED: u8 = 2;
    buffer.put_u8((number << 3) | LENGTH_DELIMITED);
    encode_varint(length as u64, buffer);
}

pub(super) fn put_message(buffer: &mut BytesMut, number: u8, message: &[u8]) {
    put_head(buffer, number, message.len());
    buffer.put_slice(message);
}

pub(super) fn put_text(buffer: &mut BytesMut, number: u8, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        put_message(buffer, number, text.as_bytes());
    }
}
