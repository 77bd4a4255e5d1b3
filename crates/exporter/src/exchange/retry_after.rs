//! When a server wants to be asked again. Source: RFC 9110, section 10.2.3.

use std::time::{Duration, SystemTime};

/// Parses a `Retry-After`: seconds, or a date. `None` for anything else.
pub(crate) fn of_header(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // A past date means now.
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nothing_else() {
        // 1994-11-06T08:49:30Z
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let of = |value: &str| of_header(value, now).map(|after| after.as_secs());
        assert_eq!(of("120"), Some(120));
        assert_eq!(of(" 0 "), Some(0));
        assert_eq!(of("1000000000000"), Some(1_000_000_000_000));
        assert_eq!(of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
        assert_eq!(of("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0));
        for nonsense in [
            "",
            "-1",
            "1.5",
            "soon",
            "99999999999999999999",
            "Sun, 06 Nov",
        ] {
            assert_eq!(of(nonsense), None, "{nonsense}");
        }
    }
}
