//! The headers of an answer that state the provider's rate limits.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

/// The most headers that are kept; OpenAI sends six.
const MOST: usize = 16;
/// The longest value that is kept.
const LONGEST: usize = 64;

/// `retry-after` and `x-ratelimit-*` with their values; copies share the bytes.
#[derive(Debug, Default)]
pub(crate) struct RateLimits(Vec<(HeaderName, HeaderValue)>);

impl RateLimits {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let is_limit = |name: &HeaderName| {
            name == RETRY_AFTER
                || name.as_str().starts_with("x-ratelimit-")
                || name == "retry-after-ms"
        };
        let limits = headers
            .iter()
            .filter(|(name, value)| is_limit(name) && value.len() <= LONGEST);
        let limits = limits
            .take(MOST)
            .map(|(name, value)| (name.clone(), value.clone()));
        Self(limits.collect())
    }

    /// Returns each name, in small letters, with its value. A value that is no text is left out.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_of_limits_are_kept() {
        let long = "9".repeat(65);
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-tokens", "6m0s"),
            ("retry-after", "20"),
            ("x-ratelimit-odd", &*long),
            ("x-request-id", "req_1"),
            ("set-cookie", "sid=1"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        let mut kept = RateLimits::of(&headers);
        kept.0
            .sort_by(|(first, _), (second, _)| first.as_str().cmp(second.as_str()));
        let kept: Vec<_> = kept.iter().collect();
        assert_eq!(
            kept,
            [
                ("retry-after", "20"),
                ("x-ratelimit-remaining-requests", "59"),
                ("x-ratelimit-reset-tokens", "6m0s")
            ]
        );
        let many = (0..99).map(|number| {
            (
                format!("x-ratelimit-{number}").parse().unwrap(),
                HeaderValue::from(number),
            )
        });
        assert_eq!(RateLimits::of(&many.collect()).0.len(), MOST);
    }
}
