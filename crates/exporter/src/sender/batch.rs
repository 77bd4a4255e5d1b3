//! One batch, from spans to the destination's acknowledgement.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Url};
use spanloom_core::StreamName;
use tokio::runtime::Runtime;

use super::backoff::pause;
use super::verdict::{Verdict, verdict};
use crate::destination::Destination;
use crate::processor::Doors;
use crate::queue::{Queue, Queued, Retry, Settled};
use crate::span::record;

/// Pause after a refused key.
const UNAUTHORIZED_PAUSE: Duration = Duration::from_secs(60);

pub(super) struct Sender {
    client: Client,
    destination: Destination,
    stream: StreamName,
    doors: Arc<Doors>,
}

/// Records of one project, encoded.
struct Parcel {
    url: Url,
    /// Each record's JSON, with the bytes its span took of the queue.
    records: Vec<(String, usize)>,
}

/// How a parcel's tries ended.
enum End {
    Delivered,
    Refused,
    Split,
    Expired,
}

impl Sender {
    pub(super) fn new(
        client: Client,
        destination: Destination,
        stream: StreamName,
        doors: Arc<Doors>,
    ) -> Self {
        Self {
            client,
            destination,
            stream,
            doors,
        }
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.doors.queue
    }

    /// Sends a batch and settles each of its spans.
    pub(super) fn send(&self, runtime: &Runtime, batch: Vec<Queued>) {
        let mut parcels = self.parcels(batch);
        while let Some(mut parcel) = parcels.pop() {
            let count = u64::try_from(parcel.records.len()).unwrap_or(u64::MAX);
            let bytes = parcel.records.iter().map(|(_, bytes)| bytes).sum();
            let settled = match self.deliver(runtime, &parcel) {
                End::Delivered => Settled {
                    delivered: count,
                    bytes,
                    ..Settled::default()
                },
                End::Expired => Settled {
                    expired: count,
                    bytes,
                    ..Settled::default()
                },
                End::Split if parcel.records.len() > 1 => {
                    let rest = parcel.records.split_off(parcel.records.len() / 2);
                    parcels.push(Parcel {
                        url: parcel.url.clone(),
                        records: rest,
                    });
                    parcels.push(parcel);
                    continue;
                }
                End::Split | End::Refused => Settled {
                    rejected: count,
                    bytes,
                    ..Settled::default()
                },
            };
            self.queue().settle(settled);
        }
    }

    fn parcels(&self, batch: Vec<Queued>) -> Vec<Parcel> {
        let resource = self.doors.resource.get().cloned().unwrap_or_default();
        let mut parcels: BTreeMap<Url, Vec<(String, usize)>> = BTreeMap::new();
        for Queued { span, bytes } in batch {
            let record = record(span, &resource, &self.stream);
            let url = self.destination.complete_calls(&record.stream);
            match serde_json::to_string(&record) {
                Ok(json) => parcels.entry(url).or_default().push((json, bytes)),
                // A record is strings, numbers and JSON that was valid: there is nothing in it that cannot be written.
                Err(_) => self.queue().settle(Settled {
                    rejected: 1,
                    bytes,
                    ..Settled::default()
                }),
            }
        }
        parcels
            .into_iter()
            .map(|(url, records)| Parcel { url, records })
            .collect()
    }

    /// Tries until the destination has decided, or patience is over.
    fn deliver(&self, runtime: &Runtime, parcel: &Parcel) -> End {
        let body = parcel.body();
        let first = Instant::now();
        let mut tries = 0_u32;
        let mut last = false;
        loop {
            tries = tries.saturating_add(1);
            let verdict = runtime.block_on(self.post(&parcel.url, body.clone()));
            let wait = match verdict {
                Verdict::Delivered => return End::Delivered,
                Verdict::Rejected => return End::Refused,
                Verdict::Split => return End::Split,
                Verdict::Retry(asked) => pause(tries, asked),
                Verdict::Unauthorized => UNAUTHORIZED_PAUSE,
            };
            if last || first.elapsed() >= self.queue().limits.give_up_after {
                tracing::warn!(name: "spanloom.export.dropped", records = parcel.records.len(), reason = "expired",
                    destination = %self.destination, "records were given up");
                return End::Expired;
            }
            if tries == 1 {
                tracing::warn!(name: "spanloom.export.retry", records = parcel.records.len(), verdict = ?verdict,
                    destination = %self.destination, "records could not be delivered yet");
            }
            last = self.queue().pause(wait) == Retry::Last;
        }
    }

    async fn post(&self, url: &Url, body: Bytes) -> Verdict {
        let mut request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(authorization) = self.destination.authorization() {
            request = request.header(AUTHORIZATION, authorization);
        }
        match request.send().await {
            Ok(response) => {
                let retry_after = response
                    .headers()
                    .get(RETRY_AFTER)
                    .and_then(|value| value.to_str().ok());
                let retry_after = retry_after
                    .and_then(|value| value.trim().parse().ok())
                    .map(Duration::from_secs);
                verdict(response.status(), retry_after)
            }
            // No answer: it may or may not have been stored. Records carry their id, so sending again is safe.
            Err(_) => Verdict::Retry(None),
        }
    }
}

impl Parcel {
    /// `{"batch":[record, …]}`, spliced from the records' own JSON.
    fn body(&self) -> Bytes {
        let size: usize = self.records.iter().map(|(json, _)| json.len() + 1).sum();
        let mut body = Vec::with_capacity(size + 16);
        body.extend_from_slice(b"{\"batch\":[");
        for (index, (json, _)) in self.records.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            body.extend_from_slice(json.as_bytes());
        }
        body.extend_from_slice(b"]}");
        body.into()
    }
}
