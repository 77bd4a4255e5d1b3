//! Tokens of a picture, by OpenAI's published rules. Source: OpenAI, guide "Images and vision", calculating costs.

/// Width and height in pixels.
type Size = (u64, u64);

/// The size assumed for a picture of unknown size: behind a link, or in an unsupported format.
const ASSUMED: Size = (1_024, 1_024);
/// Bytes of a picture that are searched for its size.
const HEADER: usize = 64 << 10;

/// The counting rule of a model family.
#[derive(Clone, Copy)]
enum Rule {
    /// The tokens of a picture in low detail, plus the tokens of each 512-pixel tile in high detail.
    Tiles { base: u64, tile: u64 },
    /// The number of 32-pixel patches, at most 1,536, times this many hundredths.
    Patches { hundredths: u64 },
}

/// The rules by prefix of the model's name; the first match applies.
const RULES: [(&str, Rule); 12] = [
    (
        "gpt-4o-mini",
        Rule::Tiles {
            base: 2_833,
            tile: 5_667,
        },
    ),
    ("gpt-4.1-mini", Rule::Patches { hundredths: 162 }),
    ("gpt-4.1-nano", Rule::Patches { hundredths: 246 }),
    ("gpt-5-mini", Rule::Patches { hundredths: 162 }),
    ("gpt-5-nano", Rule::Patches { hundredths: 246 }),
    (
        "gpt-5",
        Rule::Tiles {
            base: 70,
            tile: 140,
        },
    ),
    ("o4-mini", Rule::Patches { hundredths: 172 }),
    (
        "o1",
        Rule::Tiles {
            base: 75,
            tile: 150,
        },
    ),
    (
        "o3",
        Rule::Tiles {
            base: 75,
            tile: 150,
        },
    ),
    (
        "computer-use",
        Rule::Tiles {
            base: 65,
            tile: 129,
        },
    ),
    (
        "gpt-4",
        Rule::Tiles {
            base: 85,
            tile: 170,
        },
    ),
    // Any other model counts like gpt-4o.
    (
        "",
        Rule::Tiles {
            base: 85,
            tile: 170,
        },
    ),
];

/// Returns the tokens of a picture in `low`, `high` or `auto` detail. `content`, if present, is base64.
pub(super) fn tokens(model: Option<&str>, content: Option<&str>, detail: Option<&str>) -> u64 {
    let model = model.unwrap_or_default();
    let rule = RULES.iter().find(|(prefix, _)| model.starts_with(prefix));
    let (width, height) = content.and_then(size).unwrap_or(ASSUMED);
    match rule.map(|(_, rule)| *rule) {
        Some(Rule::Tiles { base, .. }) if detail == Some("low") => base,
        Some(Rule::Tiles { base, tile }) => base + tile * tiles(width, height),
        Some(Rule::Patches { hundredths }) => {
            let patches = width.div_ceil(32).saturating_mul(height.div_ceil(32));
            (patches.min(1_536) * hundredths).div_ceil(100)
        }
        None => 0,
    }
}

/// Returns the number of 512-pixel tiles after scaling the picture to fit a square of 2,048 and a shorter side of 768.
fn tiles(width: u64, height: u64) -> u64 {
    let shrink = |(width, height): Size, side: u64, most: u64| {
        if side <= most {
            return (width, height);
        }
        let scaled = |length: u64| (length.saturating_mul(most) / side).max(1);
        (scaled(width), scaled(height))
    };
    let fitted = shrink((width, height), width.max(height), 2_048);
    let (width, height) = shrink(fitted, fitted.0.min(fitted.1), 768);
    width.div_ceil(512) * height.div_ceil(512)
}

/// Returns the size that a picture's first bytes state.
fn size(content: &str) -> Option<Size> {
    let bytes = decode(content.as_bytes().iter().copied().take(HEADER / 3 * 4));
    let (width, height) = png(&bytes)
        .or_else(|| gif(&bytes))
        .or_else(|| webp(&bytes))
        .or_else(|| jpeg(&bytes))?;
    (width > 0 && height > 0).then_some((width, height))
}

/// Decodes base64 up to the first byte that is not base64.
fn decode(letters: impl Iterator<Item = u8>) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in letters {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            let [.., byte] = (bits >> held).to_be_bytes();
            bytes.push(byte);
        }
    }
    bytes
}

fn big(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + length)?;
    Some(
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    )
}

fn little(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + length)?;
    let bytes = bytes.iter().rev();
    Some(bytes.fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn png(bytes: &[u8]) -> Option<Size> {
    bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    Some((big(bytes, 16, 4)?, big(bytes, 20, 4)?))
}

fn gif(bytes: &[u8]) -> Option<Size> {
    bytes.strip_prefix(b"GIF8")?;
    Some((little(bytes, 6, 2)?, little(bytes, 8, 2)?))
}

fn webp(bytes: &[u8]) -> Option<Size> {
    bytes.strip_prefix(b"RIFF")?;
    match bytes.get(8..16)? {
        b"WEBPVP8X" => Some((little(bytes, 24, 3)? + 1, little(bytes, 27, 3)? + 1)),
        b"WEBPVP8 " => Some((
            little(bytes, 26, 2)? & 0x3fff,
            little(bytes, 28, 2)? & 0x3fff,
        )),
        b"WEBPVP8L" => {
            let bits = little(bytes, 21, 4)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        _ => None,
    }
}

/// Walks the segments to the frame's header.
fn jpeg(bytes: &[u8]) -> Option<Size> {
    bytes.strip_prefix(b"\xff\xd8")?;
    let mut at = 2;
    loop {
        let marker = big(bytes, at, 2)?;
        let length = usize::try_from(big(bytes, at + 2, 2)?).ok()?;
        match marker {
            0xffc4 | 0xffc8 | 0xffcc => {}
            0xffc0..=0xffcf => return Some((big(bytes, at + 7, 2)?, big(bytes, at + 5, 2)?)),
            0xff00..=0xffff => {}
            _ => return None,
        }
        // A length includes itself, so the walk always advances.
        at += 2 + length.max(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_the_guide_does() {
        // 1,024 x 1,024 becomes 768 x 768: four tiles.
        assert_eq!(tokens(Some("gpt-4o"), None, None), 765);
        assert_eq!(tokens(Some("gpt-4o"), None, Some("low")), 85);
        // The guide's second example: 2,048 x 4,096 becomes 768 x 1,536, six tiles.
        assert_eq!(85 + 170 * tiles(2_048, 4_096), 1_105);
        assert_eq!(tokens(Some("gpt-4o-mini"), None, Some("low")), 2_833);
        // 1,024 patches.
        assert_eq!(tokens(Some("gpt-4.1-mini"), None, None), 1_659);
        assert_eq!(tokens(None, None, Some("high")), 765);
    }

    #[test]
    fn reads_sizes_of_four_kinds() {
        // The first bytes of pictures of 3 x 2, 7 x 5, 300 x 200 and 640 x 480 pixels.
        for (data, expected) in [
            ("iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAA=", (3, 2)),
            ("R0lGODlhBwAFAIAA", (7, 5)),
            ("UklGRgAAAABXRUJQVlA4WAoAAAAAAAAAKwEAxwAA", (300, 200)),
            ("/9j/4AAEAAD/wAARCAHgAoADASIAAhEBAxEB", (640, 480)),
        ] {
            assert_eq!(size(data), Some(expected), "{data}");
        }
    }

    #[test]
    fn a_damaged_picture_has_the_assumed_size() {
        for data in [
            "",
            "iVBORw0KGgo=",
            "/9j/4AAA",
            "/9j//////////////",
            "*",
            "UklGRgAAAABXRUJQVlA4",
        ] {
            assert_eq!(size(data), None, "{data}");
        }
    }
}
