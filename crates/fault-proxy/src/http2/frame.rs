//! Frames (RFC 9113, section 4), as far as the proxy needs them.

use std::io;

use bytes::Bytes;

use crate::wire::Wire;

const HEAD: usize = 9;
/// Far more than any peer allows; a longer frame is not HTTP/2.
const LONGEST: usize = 1024 * 1024;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// The whole frame, including its head.
    pub(super) bytes: Bytes,
    /// The stream's number; 0 is the connection.
    pub(super) stream: u32,
    kind: u8,
    flags: u8,
}

impl Frame {
    /// Reads a frame; `None` at the end of the connection. Nothing is lost when the future is dropped.
    pub(super) async fn read(wire: &mut Wire) -> io::Result<Option<Self>> {
        loop {
            if let Some([a, b, c, kind, flags, s @ ..]) = wire.buffer().first_chunk::<HEAD>() {
                let length = u32::from_be_bytes([0, *a, *b, *c]);
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let (kind, flags) = (*kind, *flags);
                let stream = u32::from_be_bytes(*s) & 0x7fff_ffff;
                if length > LONGEST {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                if wire.buffer().len() >= HEAD + length {
                    return Ok(Some(Self {
                        bytes: wire.take(HEAD + length),
                        stream,
                        kind,
                        flags,
                    }));
                }
            }
            if !wire.fill().await? {
                return Ok(None);
            }
        }
    }

    /// Returns whether the frame begins a request on a stream after `last`.
    pub(super) fn opens_after(&self, last: u32) -> bool {
        self.kind == HEADERS && self.stream > last
    }

    pub(super) fn ends_stream(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & END_STREAM != 0
    }

    pub(super) fn is_reset(&self) -> bool {
        self.kind == RST_STREAM
    }

    pub(super) fn is_window(&self) -> bool {
        self.kind == WINDOW_UPDATE
    }

    /// Returns the frames that let the client send as much again as this frame contained.
    pub(super) fn windows(&self) -> Vec<u8> {
        let length = self.bytes.len().saturating_sub(HEAD);
        let Some(increment @ 1..) = u32::try_from(length).ok().filter(|_| self.kind == DATA) else {
            return Vec::new();
        };
        let window = |stream| encode(WINDOW_UPDATE, 0, stream, &increment.to_be_bytes());
        [window(0), window(self.stream)].concat()
    }
}

/// Encodes a header block that refers to no other block (HPACK literals, never indexed; RFC 7541, section 6.2.2).
pub(super) fn headers(stream: u32, fields: &[(&str, &str)], ends: bool) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            length(&mut block, text.len());
            block.extend_from_slice(text.as_bytes());
        }
    }
    encode(HEADERS, END_HEADERS | u8::from(ends), stream, &block)
}

/// Encodes an integer with a prefix of seven bits (RFC 7541, section 5.1).
fn length(block: &mut Vec<u8>, length: usize) {
    let Some(mut rest) = length.checked_sub(127) else {
        block.push(u8::try_from(length).unwrap_or(127));
        return;
    };
    block.push(127);
    while rest >= 128 {
        block.push(u8::try_from(rest % 128).unwrap_or(0) | 128);
        rest /= 128;
    }
    block.push(u8::try_from(rest).unwrap_or(0));
}

pub(super) fn data(stream: u32, bytes: &[u8], ends: bool) -> Vec<u8> {
    encode(DATA, u8::from(ends), stream, bytes)
}

/// Returns a frame that refuses all streams after this one.
pub(super) fn go_away(last: u32) -> Vec<u8> {
    encode(GOAWAY, 0, 0, &[last.to_be_bytes(), [0; 4]].concat())
}

fn encode(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    let mut frame = Vec::with_capacity(HEAD + payload.len());
    frame.extend_from_slice(&length);
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}
