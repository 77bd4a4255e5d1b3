//! Finds where an HTTP/1.1 message ends. The message is forwarded as received; nothing is changed or checked.

use std::io;

use bytes::Bytes;

use super::wire::Wire;

/// Larger heads are treated as something other than HTTP.
const HEAD_LIMIT: usize = 1024 * 1024;
/// The last chunk's trailers and a chunk's size must fit into this limit.
const LINE_LIMIT: usize = 16 * 1024;

/// A message in transit: its head, and then its body in pieces.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) head: Bytes,
    body: Body,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// This many bytes follow.
    Length(u64),
    /// The size of a chunk follows.
    ChunkSize,
    /// This many bytes of a chunk follow, including its final line break.
    Chunk(u64),
    /// Trailers follow, or the empty line that ends them.
    Trailers,
    /// Bytes follow until the connection ends.
    UntilClose,
}

/// The side of a message: requests and answers differ in the meaning of a head without a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    /// The answer to a request with this head.
    Answer {
        to_head_request: bool,
    },
}

impl Message {
    /// Reads a head; `None` if the connection ended before its first byte.
    pub(super) async fn begin(wire: &mut Wire, side: Side) -> io::Result<Option<Self>> {
        let mut scanned = 0;
        let end = loop {
            if let Some(end) = find(wire.buffer(), scanned, b"\r\n\r\n") {
                break end;
            }
            scanned = wire.buffer().len().saturating_sub(3);
            if wire.buffer().len() > HEAD_LIMIT {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if !wire.fill().await? {
                return match wire.buffer().is_empty() {
                    true => Ok(None),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
        };
        let head = wire.take(end);
        let body = Body::after(&head, side);
        Ok(Some(Self { head, body }))
    }

    /// Returns the next piece of the body, as it is on the wire; `None` at the end.
    pub(super) async fn next(&mut self, wire: &mut Wire) -> io::Result<Option<Bytes>> {
        let piece = match self.body {
            Body::Length(0) => return Ok(None),
            Body::Length(left) | Body::Chunk(left) => {
                let piece = wire
                    .piece(usize::try_from(left).unwrap_or(usize::MAX))
                    .await?;
                let left = left.saturating_sub(u64::try_from(piece.len()).unwrap_or(left));
                self.body = match self.body {
                    Body::Chunk(_) if left == 0 => Body::ChunkSize,
                    Body::Chunk(_) => Body::Chunk(left),
                    _ => Body::Length(left),
                };
                piece
            }
            Body::UntilClose => {
                let piece = wire.piece(usize::MAX).await?;
                return Ok((!piece.is_empty()).then_some(piece));
            }
            Body::ChunkSize => {
                let line = line(wire).await?;
                self.body = match chunk_size(&line) {
                    None => return Err(io::ErrorKind::InvalidData.into()),
                    Some(0) => Body::Trailers,
                    Some(size) => Body::Chunk(size.saturating_add(2)),
                };
                line
            }
            Body::Trailers => {
                let line = line(wire).await?;
                if line.as_ref() == b"\r\n" {
                    self.body = Body::Length(0);
                }
                line
            }
        };
        match piece.is_empty() {
            true => Err(io::ErrorKind::UnexpectedEof.into()),
            false => Ok(Some(piece)),
        }
    }

    /// Reads the rest and discards it.
    pub(super) async fn skip(&mut self, wire: &mut Wire) -> io::Result<()> {
        while self.next(wire).await?.is_some() {}
        Ok(())
    }

    pub(super) fn is_head_request(&self) -> bool {
        self.head.starts_with(b"HEAD ")
    }

    /// Returns whether this is an interim answer (100 to 199), which the final one follows.
    pub(super) fn is_interim(&self) -> bool {
        status(&self.head).is_some_and(|status| (100..200).contains(&status))
    }

    /// Returns the number of bytes of the body, if the head states it.
    pub(super) fn length(&self) -> Option<u64> {
        match self.body {
            Body::Length(length) => Some(length),
            _ => None,
        }
    }

    /// Returns whether another message may follow on the connection.
    pub(super) fn keeps_alive(&self) -> bool {
        self.body != Body::UntilClose
            && !headers(&self.head)
                .any(|(name, value)| name == "connection" && value.eq_ignore_ascii_case("close"))
    }
}

impl Body {
    fn after(head: &[u8], side: Side) -> Self {
        let bodiless = match side {
            Side::Request => false,
            Side::Answer { to_head_request } => {
                to_head_request
                    || matches!(status(head), Some(status) if status < 200 || status == 204 || status == 304)
            }
        };
        if bodiless {
            return Self::Length(0);
        }
        let chunked = headers(head).any(|(name, value)| {
            name == "transfer-encoding" && value.to_ascii_lowercase().contains("chunked")
        });
        if chunked {
            return Self::ChunkSize;
        }
        let length = headers(head).find(|(name, _)| name == "content-length");
        match (length.and_then(|(_, value)| value.parse().ok()), side) {
            (Some(length), _) => Self::Length(length),
            (None, Side::Request) => Self::Length(0),
            (None, Side::Answer { .. }) => Self::UntilClose,
        }
    }
}

/// Returns the headers, with names in lower case. Bytes that are not UTF-8 do not matter to the callers.
pub(super) fn headers(head: &[u8]) -> impl Iterator<Item = (String, String)> + '_ {
    head.split(|byte| *byte == b'\n')
        .skip(1)
        .filter_map(|line| {
            let line = std::str::from_utf8(line).ok()?;
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
}

fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let code = line.split(|byte| *byte == b' ').nth(1)?;
    std::str::from_utf8(code).ok()?.parse().ok()
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let size = std::str::from_utf8(line).ok()?;
    let size = size.split(';').next()?;
    u64::from_str_radix(size.trim(), 16).ok()
}

/// Reads a line, including its line break.
async fn line(wire: &mut Wire) -> io::Result<Bytes> {
    loop {
        if let Some(end) = find(wire.buffer(), 0, b"\r\n") {
            return Ok(wire.take(end));
        }
        if wire.buffer().len() > LINE_LIMIT {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if !wire.fill().await? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Returns the end of the first `mark` at or after `from`.
fn find(bytes: &[u8], from: usize, mark: &[u8]) -> Option<usize> {
    let at = bytes
        .get(from..)?
        .windows(mark.len())
        .position(|window| window == mark)?;
    Some(from + at + mark.len())
}
