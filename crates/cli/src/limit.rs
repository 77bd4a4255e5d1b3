//! Sizes and times of the command line, or `off`.

use std::time::Duration;

use crate::args::Off;

/// Units of sizes, in bytes.
const SIZES: [(&str, u64); 8] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// Units of times, in seconds.
const TIMES: [(&str, u64); 3] = [("m", 60), ("h", 3_600), ("d", 86_400)];

/// Reads a size such as `20GiB`, or `off`.
pub(crate) fn size(text: &str) -> Result<Off<u64>, String> {
    limit(text, &SIZES, "a size such as 20GiB or 500MB, or `off`")
}

/// Reads a time such as `30d`, or `off`.
pub(crate) fn age(text: &str) -> Result<Off<Duration>, String> {
    let seconds = limit(text, &TIMES, "a time such as 30d, 12h or 45m, or `off`")?;
    Ok(match seconds {
        Off::On(seconds) => Off::On(Duration::from_secs(seconds)),
        Off::Off => Off::Off,
    })
}

fn limit(text: &str, units: &[(&str, u64)], wanted: &str) -> Result<Off<u64>, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(Off::Off);
    }
    let parsed = units.iter().find_map(|(unit, factor)| {
        let number: u64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
        number.checked_mul(*factor).filter(|limit| *limit > 0)
    });
    parsed
        .map(Off::On)
        .ok_or_else(|| format!("expected {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_with_their_units() {
        assert_eq!(size("20GiB"), Ok(Off::On(20 << 30)));
        assert_eq!(size("500 MB"), Ok(Off::On(500_000_000)));
        assert_eq!(size("off"), Ok(Off::Off));
        assert_eq!(age("30d"), Ok(Off::On(Duration::from_secs(2_592_000))));
        assert_eq!(age("45m"), Ok(Off::On(Duration::from_secs(2_700))));
        for wrong in [
            "",
            "20",
            "GiB",
            "-1GiB",
            "0GiB",
            "1.5GiB",
            "99999999999TiB",
            "20gib",
        ] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        for wrong in ["30", "0d", "1w", "d"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }
}
