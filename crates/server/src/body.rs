//! Request bodies, bounded individually and in total, before and after they are inflated.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::reply::Problem;

/// The maximum bytes of a body that carries records, both as sent and inflated. Source: the OTLP specification's limit.
pub(crate) const RECORDS: usize = 64 << 20;
/// The maximum bytes of a body that queries records.
pub(crate) const QUERY: usize = 64 << 10;
/// The maximum bytes of all bodies in flight, each from its arrival until its records are stored.
const ALL: usize = 128 << 20;
/// Bytes are counted in steps of this size.
const STEP: usize = 16 << 10;
/// The maximum ratio of inflated to sent bytes for a body beyond 1 MiB.
const LARGEST_RATIO: usize = 200;
const FREE: usize = 1 << 20;
/// The timeout for reading a whole body.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// The memory budget shared by all bodies.
#[derive(Debug)]
pub(crate) struct Bodies(Arc<Semaphore>);

/// A body and the share of the budget that it occupies until dropped.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: Bytes,
    pub(crate) room: Room,
}

/// A share of the memory budget.
#[derive(Debug)]
pub(crate) struct Room {
    all: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    pub(crate) fn new() -> Self {
        Self::with_room(ALL)
    }

    fn with_room(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / STEP)))
    }

    /// Reads a whole body of at most `most` bytes and inflates it if its `Content-Encoding` is gzip.
    pub(crate) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
        most: usize,
    ) -> Result<Held, Problem> {
        let length = headers.get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > most) {
            return Err(too_large(most));
        }
        let room = Room {
            all: Arc::clone(&self.0),
            taken: None,
        };
        let whole = tokio::time::timeout(BODY_TIMEOUT, collect(body, most, room)).await;
        let held = whole.map_err(|_| {
            Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "reading the body took too long",
            )
        })??;
        let encoding = headers
            .get(CONTENT_ENCODING)
            .map(|encoding| encoding.as_bytes().to_ascii_lowercase());
        match encoding.as_deref() {
            None | Some(b"identity") => Ok(held),
            Some(b"gzip") => self.inflated(held, most).await,
            Some(_) => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the only supported content-encoding is gzip",
            )),
        }
    }
}

impl Bodies {
    /// Reads a JSON object of at most `most` bytes. An array is refused: serde would take it for the fields in their order.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        request: Request,
        most: usize,
    ) -> Result<T, Problem> {
        let (parts, body) = request.into_parts();
        let held = self.read(&parts.headers, body, most).await?;
        if held.bytes.trim_ascii_start().starts_with(b"[") {
            return Err(Problem::bad_request("the body is an array, not an object"));
        }
        serde_json::from_slice(&held.bytes)
            .map_err(|error| Problem::bad_request(format!("the body cannot be read: {error}")))
    }

    /// Inflates a gzip body to at most `most` bytes.
    pub(crate) async fn inflated(&self, held: Held, most: usize) -> Result<Held, Problem> {
        let all = Arc::clone(&self.0);
        let inflated = held.parsed(move |bytes| inflate(bytes, most, all)).await?;
        Ok(inflated.0)
    }
}

impl Held {
    /// Parses the body off the threads that serve requests. The room moves into the work and back, so that it stays
    /// reserved while the work runs, even after the client has disconnected.
    pub(crate) async fn parsed<T: Send + 'static>(
        self,
        parse: impl FnOnce(&Bytes) -> Result<T, Problem> + Send + 'static,
    ) -> Result<(T, Room), Problem> {
        let parsed = tokio::task::spawn_blocking(move || {
            let Self { bytes, room } = self;
            let parsed = parse(&bytes);
            drop(bytes);
            parsed.map(|parsed| (parsed, room))
        });
        parsed
            .await
            .unwrap_or_else(|_| Err(Problem::internal("the body was not read")))
    }
}

impl Room {
    /// Grows the room to `bytes` in total. Never waits: holders of partial rooms could deadlock.
    fn grow(&mut self, bytes: usize) -> Result<(), Problem> {
        let taken = self
            .taken
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = bytes.div_ceil(STEP).saturating_sub(taken);
        if wanted == 0 {
            return Ok(());
        }
        let full = || Problem::busy("this server is receiving too many bytes");
        let wanted = u32::try_from(wanted).map_err(|_| full())?;
        let more = Arc::clone(&self.all)
            .try_acquire_many_owned(wanted)
            .map_err(|_| full())?;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }
}

async fn collect(mut body: Body, most: usize, mut room: Room) -> Result<Held, Problem> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::bad_request("the body ended early"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let length = bytes.len() + data.len();
        if length > most {
            return Err(too_large(most));
        }
        room.grow(length)?;
        bytes.extend_from_slice(&data);
    }
    Ok(Held {
        bytes: bytes.into(),
        room,
    })
}

fn too_large(most: usize) -> Problem {
    Problem::too_large(format!(
        "a body may have at most {most} bytes here, and inflate to at most {LARGEST_RATIO} times the bytes sent"
    ))
}

/// Inflates within the bounds.
fn inflate(bytes: &[u8], most: usize, all: Arc<Semaphore>) -> Result<Held, Problem> {
    let most = most.min(FREE.max(bytes.len().saturating_mul(LARGEST_RATIO)));
    let mut room = Room { all, taken: None };
    let mut inflated = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes);
    loop {
        // One byte beyond the limit reveals a body that is too large.
        let next = STEP.min(most + 1 - inflated.len());
        room.grow(inflated.len() + next)?;
        match step(&mut decoder, next, &mut inflated) {
            Ok(0) => break,
            Ok(_) if inflated.len() > most => return Err(too_large(most)),
            Ok(_) => {}
            Err(_) => return Err(Problem::bad_request("the body is not gzip")),
        }
    }
    Ok(Held {
        bytes: inflated.into(),
        room,
    })
}

fn step(decoder: &mut impl Read, bytes: usize, to: &mut Vec<u8>) -> io::Result<usize> {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    decoder.by_ref().take(bytes).read_to_end(to)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use axum::response::IntoResponse as _;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn status<T: std::fmt::Debug>(result: Result<T, Problem>) -> u16 {
        result.unwrap_err().into_response().status().as_u16()
    }

    #[test]
    fn a_bomb_is_refused_and_a_body_is_not() {
        let inflate = |bytes: &[u8]| inflate(bytes, RECORDS, Bodies::new().0);
        assert_eq!(inflate(&gzip(b"hello")).unwrap().bytes, &b"hello"[..]);
        assert_eq!(inflate(&gzip(&vec![0; FREE])).unwrap().bytes.len(), FREE);
        assert_eq!(status(inflate(&gzip(&vec![0; 8 * FREE]))), 413);
        assert_eq!(status(inflate(b"nonsense")), 400);
    }

    #[tokio::test]
    async fn all_bodies_share_one_room_and_give_it_back() {
        const ROOM: usize = 1 << 20;
        let bodies = Bodies::with_room(ROOM);
        let read = async |bytes: usize| {
            let body = vec![b' '; bytes].into();
            bodies.read(&HeaderMap::new(), body, ROOM / 2).await
        };
        let (first, second) = (
            read(ROOM / 2).await.unwrap(),
            read(ROOM / 2 - STEP).await.unwrap(),
        );
        assert_eq!(status(read(ROOM / 2).await), 503);
        assert_eq!(status(read(ROOM / 2 + 1).await), 413);
        assert!(read(STEP).await.is_ok(), "what is small finds room");
        drop((first, second));
        assert!(read(ROOM / 2).await.is_ok());
        assert_eq!(bodies.0.available_permits(), ROOM / STEP);
    }

    #[tokio::test]
    async fn what_is_inflated_takes_room_too() {
        const ROOM: usize = 1 << 20;
        let bodies = Bodies::with_room(ROOM);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        let body = gzip(&vec![b' '; ROOM / 4]);
        assert!(body.len() < STEP);
        let mut held = Vec::new();
        let refused = loop {
            match bodies.read(&headers, body.clone().into(), RECORDS).await {
                Ok(one) => held.push(one),
                Err(problem) => break problem,
            }
        };
        assert_eq!(refused.into_response().status(), 503);
        assert_eq!(
            held.len(),
            3,
            "of a quarter each, and a little to inflate it"
        );
    }
}
