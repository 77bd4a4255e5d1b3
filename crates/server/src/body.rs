//! Request bodies, bounded before and after they are inflated.

use std::io::{self, Read};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use crate::reply::Problem;

/// Bytes of a body, as sent and inflated. Source: the OTLP specification's limit.
const LARGEST: usize = 64 << 20;
/// How much larger than sent a body may become, once it is beyond the first MiB.
const LARGEST_RATIO: usize = 200;
const FREE: usize = 1 << 20;
/// Time for the whole body.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads a body whole, and inflates it if it says it is compressed.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a body may have {LARGEST} bytes, {LARGEST_RATIO} times what was sent"),
        )
    };
    let whole = tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, LARGEST)).await;
    let bytes = whole
        .map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long"))?
        .map_err(|_| too_large())?;
    let encoding = headers
        .get(CONTENT_ENCODING)
        .map(|encoding| encoding.as_bytes().to_ascii_lowercase());
    match encoding.as_deref() {
        None | Some(b"identity") => Ok(bytes),
        Some(b"gzip") => {
            let inflated = tokio::task::spawn_blocking(move || inflate(&bytes)).await;
            match inflated {
                Ok(Ok(inflated)) => inflated.map(Bytes::from).ok_or_else(too_large),
                _ => Err(Problem::bad_request("the body is no gzip")),
            }
        }
        Some(_) => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a body may be encoded with gzip or not at all",
        )),
    }
}

/// Inflates within the bounds; `None` for what goes beyond them.
fn inflate(bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let most = LARGEST.min(FREE.max(bytes.len().saturating_mul(LARGEST_RATIO)));
    let mut inflated = Vec::new();
    let beyond = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes)
        .take(beyond)
        .read_to_end(&mut inflated)?;
    Ok((inflated.len() <= most).then_some(inflated))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_is_refused_and_a_body_is_not() {
        assert_eq!(inflate(&gzip(b"hello")).unwrap().unwrap(), b"hello");
        assert_eq!(inflate(&gzip(&vec![0; FREE])).unwrap().unwrap().len(), FREE);
        assert_eq!(inflate(&gzip(&vec![0; 8 * FREE])).unwrap(), None);
        assert!(inflate(b"nonsense").is_err());
    }
}
