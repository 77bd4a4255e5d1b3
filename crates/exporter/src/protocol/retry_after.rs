//! When a server wants to be asked again. Source: RFC 9110, section 10.2.3; `google.rpc.RetryInfo`.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use prost::Message as _;

/// Reads a `Retry-After`: seconds, or a date. `None` for what is neither.
pub(crate) fn of_header(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // One that is past means now.
    Some(date.duration_since(now).unwrap_or_default())
}

/// Reads the header `grpc-status-details-bin`.
pub(crate) fn of_grpc_details(value: &str) -> Option<Duration> {
    let bytes = BASE64_STANDARD_NO_PAD
        .decode(value.trim().trim_end_matches('='))
        .ok()?;
    let status = Status::decode(bytes.as_slice()).ok()?;
    let info = status
        .details
        .iter()
        .find(|detail| detail.type_url.ends_with("google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay?;
    Some(Duration::new(
        u64::try_from(delay.seconds).ok()?,
        u32::try_from(delay.nanos)
            .ok()
            .filter(|nanos| *nanos < 1_000_000_000)?,
    ))
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`
#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
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

    #[test]
    fn retry_info_is_found_among_the_details() {
        let status = |delay| {
            let info = RetryInfo { retry_delay: delay };
            let any = |type_url: &str, value: Vec<u8>| Any {
                type_url: type_url.to_owned(),
                value,
            };
            let details = vec![
                any("type.googleapis.com/google.rpc.Help", vec![1, 2, 3]),
                any(
                    "type.googleapis.com/google.rpc.RetryInfo",
                    info.encode_to_vec(),
                ),
            ];
            BASE64_STANDARD_NO_PAD.encode(Status { details }.encode_to_vec())
        };
        let delay = Delay {
            seconds: 3,
            nanos: 500_000_000,
        };
        let read = of_grpc_details(&status(Some(delay)));
        assert_eq!(read, Some(Duration::from_millis(3_500)));
        assert_eq!(of_grpc_details(&status(None)), None);
        let negative = Delay {
            seconds: -3,
            nanos: 0,
        };
        assert_eq!(of_grpc_details(&status(Some(negative))), None);
        assert_eq!(of_grpc_details("!"), None);
    }
}
