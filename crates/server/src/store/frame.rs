//! Payloads compressed together: neighbours resemble each other, and a frame of 32 is half the size of 32 frames of 1.
//!
//! A frame ends with zstd's checksum of its content, so that a bit flipped on disk is detected. Frames of servers
//! before 29 November 2026 have no checksum and are read without one.

use std::collections::BTreeSet;
use std::io;

use zstd::zstd_safe::CParameter;

use super::repeats;

/// The number of calls in a frame.
pub(crate) const CALLS: usize = 32;

/// Fast, and within a few per cent of the size of the next levels (measured).
const LEVEL: i32 = 1;

/// The maximum inflated size of a frame: 32 of the largest requests. A damaged file must not exhaust memory.
const LARGEST: usize = 2 << 30;

/// The location of a payload: frame and slot.
pub(super) type Location = (i64, i64);

/// Packs frames. The compressor's tables are as large as ten frames, and are made once.
pub(crate) struct Packer(zstd::bulk::Compressor<'static>);

impl Packer {
    pub(crate) fn new() -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        compressor.set_parameter(CParameter::ChecksumFlag(true))?;
        Ok(Self(compressor))
    }

    /// Packs payloads into one frame: their count, their lengths and their bytes.
    pub(crate) fn pack<'a>(
        &mut self,
        payloads: impl Iterator<Item = &'a str> + Clone,
    ) -> io::Result<Vec<u8>> {
        let bytes = payloads.clone().map(str::len).sum::<usize>();
        let count = payloads.clone().count();
        let mut plain = Vec::with_capacity(bytes + 4 * (count + 1));
        let word = |len: usize| {
            u32::try_from(len)
                .map_err(io::Error::other)
                .map(u32::to_le_bytes)
        };
        plain.extend(word(count)?);
        for payload in payloads.clone() {
            plain.extend(word(payload.len())?);
        }
        for payload in payloads {
            plain.extend_from_slice(payload.as_bytes());
        }
        self.0.compress(&plain)
    }
}

/// A packed frame, and the numbers of the texts that its payloads are without.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) data: Vec<u8>,
    pub(super) texts: BTreeSet<i64>,
}

impl Frame {
    pub(super) fn pack<'a>(
        packer: &mut Packer,
        payloads: impl Iterator<Item = &'a str> + Clone,
    ) -> io::Result<Self> {
        let texts = payloads.clone().flat_map(repeats::numbers).collect();
        let data = packer.pack(payloads)?;
        Ok(Self { data, texts })
    }
}

/// The unpacked payloads of a frame.
pub(crate) struct Payloads {
    plain: Vec<u8>,
}

impl Payloads {
    /// Unpacks a frame; fails if the frame is damaged.
    pub(crate) fn unpack(frame: &[u8]) -> io::Result<Self> {
        let size = zstd::zstd_safe::get_frame_content_size(frame)
            .ok()
            .flatten()
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| *size <= LARGEST)
            .ok_or_else(|| io::Error::other("a frame of payloads is damaged"))?;
        let plain = zstd::bulk::decompress(frame, size)?;
        Ok(Self { plain })
    }

    /// Returns the payloads in the order of their slots; a damaged one is empty.
    pub(super) fn all(&self) -> Vec<&str> {
        let count = self.word(0).and_then(|count| i64::try_from(count).ok());
        let most = i64::try_from(self.plain.len() / 4).unwrap_or(0);
        let slots = 0..count.unwrap_or(0).min(most);
        slots
            .map(|slot| self.get(slot).unwrap_or_default())
            .collect()
    }

    /// Returns the payload in a slot, or `None` if the frame lacks it or it is not valid text.
    pub(crate) fn get(&self, slot: i64) -> Option<&str> {
        let slot = usize::try_from(slot).ok()?;
        let count = self.word(0)?;
        let mut start = count.checked_add(1)?.checked_mul(4)?;
        for before in 0..slot {
            start = start.checked_add(self.length(before, count)?)?;
        }
        let end = start.checked_add(self.length(slot, count)?)?;
        std::str::from_utf8(self.plain.get(start..end)?).ok()
    }

    fn length(&self, slot: usize, count: usize) -> Option<usize> {
        (slot < count).then(|| self.word(slot + 1))?
    }

    fn word(&self, index: usize) -> Option<usize> {
        let at = index.checked_mul(4)?;
        let bytes = self.plain.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack<'a>(payloads: impl Iterator<Item = &'a str> + Clone) -> io::Result<Vec<u8>> {
        Packer::new()?.pack(payloads)
    }

    fn all(frame: &[u8]) -> Option<Vec<String>> {
        let payloads = Payloads::unpack(frame).ok()?;
        let slots = (0..).map_while(|slot| payloads.get(slot).map(str::to_owned));
        Some(slots.collect())
    }

    #[test]
    fn what_is_packed_comes_back() {
        let payloads = ["{\"a\":1}", "", "{\"text\":\"ü\"}"];
        let frame = pack(payloads.into_iter()).unwrap();
        assert_eq!(all(&frame).unwrap(), payloads);
        assert!(all(&pack([].into_iter()).unwrap()).unwrap().is_empty());
        assert_eq!(Payloads::unpack(&frame).unwrap().get(-1), None);
    }

    #[test]
    fn a_frame_without_a_checksum_is_read() {
        let plain = [&[1, 0, 0, 0, 2, 0, 0, 0][..], b"{}"].concat();
        let frame = zstd::bulk::compress(&plain, LEVEL).unwrap();
        assert_eq!(all(&frame).unwrap(), ["{}"]);
    }

    #[test]
    fn every_flipped_bit_is_an_error_and_never_another_text() {
        let payloads: Vec<String> = (0..CALLS)
            .map(|n| {
                format!(
                    "{{\"question\":\"how high is mountain {n}?\",\"answer\":{}}}",
                    n * 7919
                )
            })
            .collect();
        let frame = pack(payloads.iter().map(String::as_str)).unwrap();
        for at in 0..frame.len() {
            for bit in 0..8 {
                let mut damaged = frame.clone();
                damaged[at] ^= 1 << bit;
                if let Some(read) = all(&damaged) {
                    assert_eq!(read, payloads, "bit {bit} of byte {at}");
                }
            }
        }
        assert!(all(&frame[..frame.len() - 1]).is_none());
        assert!(all(b"").is_none());
        assert!(all(b"not a frame").is_none());
    }
}
