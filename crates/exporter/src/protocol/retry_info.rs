//! When a gRPC server wants to be asked again. Source: `google/rpc/error_details.proto`.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use prost::Message as _;

/// Parses the header `grpc-status-details-bin`.
pub(crate) fn of_details(value: &str) -> Option<Duration> {
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
        let read = of_details(&status(Some(delay)));
        assert_eq!(read, Some(Duration::from_millis(3_500)));
        assert_eq!(of_details(&status(None)), None);
        let negative = Delay {
            seconds: -3,
            nanos: 0,
        };
        assert_eq!(of_details(&status(Some(negative))), None);
        assert_eq!(of_details("!"), None);
    }
}
