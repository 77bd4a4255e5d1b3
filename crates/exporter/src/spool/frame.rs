//! One record on disk.
//!
//! ```text
//! offset  bytes  what
//! 0       1      state: WAITING, or SETTLED once the destination has decided; the only byte that is ever overwritten
//! 1       2      MARK
//! 3       1      flags: whether the body is compressed
//! 4       4      length of the route
//! 8       4      length of the body as stored
//! 12      4      CRC-32 of bytes 3..12, the route and the body
//! 16             route, body
//! ```
//! Numbers are little-endian. The mark is not UTF-8, so no text contains it: it locates the frame after a damaged one.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

pub(super) const HEAD: usize = 16;
pub(super) const WAITING: u8 = 0x57;
/// Differs from [`WAITING`] in every bit: a flipped bit never settles a waiting frame, and a record sent twice is
/// stored once.
pub(super) const SETTLED: u8 = 0xA8;
pub(super) const MARK: [u8; 2] = [0xF1, 0x5A];

const COMPRESSED: u8 = 1;
/// Smaller bodies are stored uncompressed.
const COMPRESS_FROM: usize = 1 << 10;
/// No route or body is larger: a greater length is damage.
const LARGEST: usize = 64 << 20;

/// A record in the form the destination gets, and the route it is sent by (a project, a scope).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) route: Bytes,
    pub(crate) body: Bytes,
}

/// The content of a place in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A waiting record, and the length of its frame.
    Waiting(Stored, usize),
    /// The length of a frame that the destination has decided on.
    Settled(usize),
    /// The beginning of a frame, up to the end of the bytes: the process died while writing it.
    Torn,
    /// No frame, or a damaged one.
    Damaged,
}

/// Appends the frame of a record, and returns its length.
pub(super) fn append(buffer: &mut Vec<u8>, route: &[u8], body: &[u8]) -> usize {
    let compressed = (body.len() >= COMPRESS_FROM)
        .then(|| deflate(body))
        .flatten();
    let (flags, stored) = match &compressed {
        Some(smaller) => (COMPRESSED, smaller.as_slice()),
        None => (0, body),
    };
    let start = buffer.len();
    let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes();
    let ([r0, r1, r2, r3], [b0, b1, b2, b3]) = (length(route), length(stored));
    let lengths = [flags, r0, r1, r2, r3, b0, b1, b2, b3];
    buffer.push(WAITING);
    buffer.extend_from_slice(&MARK);
    buffer.extend_from_slice(&lengths);
    buffer.extend_from_slice(&checksum(&lengths, route, stored).to_le_bytes());
    buffer.extend_from_slice(route);
    buffer.extend_from_slice(stored);
    buffer.len() - start
}

/// Reads the frame at the beginning of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Frame {
    match try_read(bytes) {
        Some(frame) => frame,
        None if is_torn(bytes) => Frame::Torn,
        None => Frame::Damaged,
    }
}

/// Returns whether the bytes begin a frame and end before it does. A length that damage made larger looks the same if
/// nothing follows.
fn is_torn(bytes: &[u8]) -> bool {
    let begins = |state| {
        let start = [state, MARK[0], MARK[1]];
        bytes.starts_with(&start) || (!bytes.is_empty() && start.starts_with(bytes))
    };
    let lengths = bytes.get(4..12).and_then(|lengths| {
        let (route, body) = lengths.split_first_chunk()?;
        Some((length(*route)?, length(*body.first_chunk()?)?))
    });
    let goes_on = match lengths {
        Some((route, body)) => HEAD + route + body > bytes.len(),
        None => bytes.len() < 12,
    };
    goes_on && (begins(WAITING) || begins(SETTLED))
}

/// Parses a stored length; `None` for one that no frame has.
fn length(bytes: [u8; 4]) -> Option<usize> {
    let length = usize::try_from(u32::from_le_bytes(bytes)).ok()?;
    (length <= LARGEST).then_some(length)
}

fn try_read(bytes: &[u8]) -> Option<Frame> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let [
        state,
        m0,
        m1,
        flags,
        r0,
        r1,
        r2,
        r3,
        b0,
        b1,
        b2,
        b3,
        c0,
        c1,
        c2,
        c3,
    ] = *head;
    let (route_length, body_length) = (length([r0, r1, r2, r3])?, length([b0, b1, b2, b3])?);
    let (route, rest) = rest.split_at_checked(route_length)?;
    let body = rest.get(..body_length)?;
    let lengths = [flags, r0, r1, r2, r3, b0, b1, b2, b3];
    let sound =
        [m0, m1] == MARK && checksum(&lengths, route, body) == u32::from_le_bytes([c0, c1, c2, c3]);
    if !sound {
        return None;
    }
    let length = HEAD + route_length + body_length;
    if state == SETTLED {
        return Some(Frame::Settled(length));
    }
    let body = match flags & COMPRESSED {
        0 => Bytes::copy_from_slice(body),
        _ => inflate(body)?,
    };
    let route = Bytes::copy_from_slice(route);
    Some(Frame::Waiting(Stored { route, body }, length))
}

/// Returns where the next frame may begin after the damage at the beginning of `bytes`.
pub(super) fn next_candidate(bytes: &[u8]) -> Option<usize> {
    // The mark follows the state.
    let found = bytes
        .get(2..)?
        .windows(MARK.len())
        .position(|two| two == MARK);
    found.map(|at| at + 1)
}

fn checksum(lengths: &[u8], route: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(lengths);
    hasher.update(route);
    hasher.update(body);
    hasher.finalize()
}

/// Returns `None` when the body would not become smaller.
fn deflate(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(body.len() / 2), Compression::fast());
    encoder.write_all(body).ok()?;
    let smaller = encoder.finish().ok()?;
    (smaller.len() < body.len()).then_some(smaller)
}

fn inflate(body: &[u8]) -> Option<Bytes> {
    let mut inflated = Vec::with_capacity(body.len().saturating_mul(3));
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    DeflateDecoder::new(body)
        .take(most)
        .read_to_end(&mut inflated)
        .ok()?;
    Some(inflated.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(route: &[u8], body: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::new();
        let length = append(&mut buffer, route, body);
        assert_eq!(length, buffer.len());
        buffer
    }

    #[test]
    fn a_frame_is_read_back_and_may_be_settled() {
        for body in [
            vec![],
            b"{}".to_vec(),
            vec![b'a'; 100_000],
            (0..=255).cycle().take(4_000).collect(),
        ] {
            let mut bytes = frame(b"acme/chatbot", &body);
            let stored = Stored {
                route: Bytes::from_static(b"acme/chatbot"),
                body: body.into(),
            };
            assert_eq!(read(&bytes), Frame::Waiting(stored, bytes.len()));
            let length = bytes.len();
            bytes[0] = SETTLED;
            assert_eq!(read(&bytes), Frame::Settled(length));
        }
    }

    #[test]
    fn what_is_large_is_stored_smaller() {
        assert!(frame(b"", &[b'x'; 100_000]).len() < 2_000);
    }

    #[test]
    fn every_flipped_bit_is_seen_or_harmless() {
        let good = frame(b"r", b"{\"a\":1}");
        let Frame::Waiting(stored, _) = read(&good) else {
            panic!("the frame is good")
        };
        for index in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[index] ^= 1 << bit;
                match read(&bad) {
                    // The checksum does not cover the state: the frame still waits.
                    Frame::Waiting(same, _) => assert_eq!((index, &same), (0, &stored)),
                    Frame::Damaged | Frame::Torn => {}
                    Frame::Settled(_) => panic!("bit {bit} of byte {index} settled the frame"),
                }
            }
        }
    }

    #[test]
    fn a_frame_that_is_cut_anywhere_is_torn_and_not_damaged() {
        for body in [vec![], b"{\"a\":1}".to_vec(), vec![b'a'; 100_000]] {
            let whole = frame(b"acme/chatbot", &body);
            for length in 1..whole.len() {
                assert!(read(&whole[..length]) == Frame::Torn, "cut at {length}");
            }
            let mut other = whole.clone();
            other[whole.len() - 1] ^= 1;
            assert!(read(&other) == Frame::Damaged);
        }
    }

    proptest! {
        #[test]
        fn anything_can_be_read(bytes: Vec<u8>) {
            let _frame = read(&bytes);
        }
    }
}
