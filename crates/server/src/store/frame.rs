//! Payloads, compressed together: neighbours resemble each other, and a frame of 32 takes half of what 32 take alone.

use std::io;

/// Calls in one frame.
pub(crate) const CALLS: usize = 32;

/// Fast, and as small as the next levels but for a few per cent (measured; see `ARCHITECTURE.md`).
const LEVEL: i32 = 1;

/// No frame inflates beyond this: 32 requests' worth of the largest call. A damaged file must not take all memory.
const LARGEST: usize = 2 << 30;

/// Packs payloads into one frame: their number, their lengths, themselves.
pub(crate) fn pack<'a>(payloads: impl Iterator<Item = &'a str> + Clone) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    let word = |len: usize| {
        u32::try_from(len)
            .map_err(io::Error::other)
            .map(u32::to_le_bytes)
    };
    plain.extend(word(payloads.clone().count())?);
    for payload in payloads.clone() {
        plain.extend(word(payload.len())?);
    }
    for payload in payloads {
        plain.extend_from_slice(payload.as_bytes());
    }
    zstd::bulk::compress(&plain, LEVEL)
}

/// The payloads of a frame, in order.
pub(crate) fn unpack(frame: &[u8]) -> io::Result<Vec<String>> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a frame of payloads is damaged");
    let size = zstd::zstd_safe::get_frame_content_size(frame)
        .ok()
        .flatten()
        .unwrap_or(0);
    let size = usize::try_from(size)
        .ok()
        .filter(|size| *size <= LARGEST)
        .ok_or_else(damaged)?;
    let plain = zstd::bulk::decompress(frame, size)?;
    let word = |at: usize| -> Option<usize> {
        let bytes = plain.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    let count = word(0).ok_or_else(damaged)?;
    let mut at = count
        .checked_add(1)
        .and_then(|words| words.checked_mul(4))
        .ok_or_else(damaged)?;
    let mut payloads = Vec::with_capacity(count.min(CALLS));
    for index in 0..count {
        let end = word((index + 1) * 4)
            .and_then(|len| at.checked_add(len))
            .ok_or_else(damaged)?;
        let payload = plain.get(at..end).ok_or_else(damaged)?;
        payloads.push(String::from_utf8(payload.to_vec()).map_err(|_| damaged())?);
        at = end;
    }
    Ok(payloads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let payloads = ["{\"a\":1}", "", "{\"text\":\"ü\"}"];
        let frame = pack(payloads.into_iter()).unwrap();
        assert_eq!(unpack(&frame).unwrap(), payloads);
        assert!(unpack(&pack([].into_iter()).unwrap()).unwrap().is_empty());
    }

    #[test]
    fn a_damaged_frame_is_an_error() {
        let frame = pack(["{\"a\":1}"].into_iter()).unwrap();
        assert!(unpack(&frame[..frame.len() - 1]).is_err());
        assert!(unpack(b"").is_err());
        assert!(unpack(b"not a frame").is_err());
    }
}
