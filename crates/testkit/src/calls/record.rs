//! Calls in the records that a sink received.

use std::io::Read;

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;
use spanloom_core::Record;

use super::{Calls, RecordedCall};
use crate::{Error, Sink, SinkRequest};

/// The largest size of an inflated body: twice the limit of W&B.
const LARGEST: u64 = 64 * 1024 * 1024;

impl Sink {
    /// Returns the model calls in all requests so far whose body is a batch of complete calls of Weave's API
    /// (`POST /v2/{entity}/{project}/calls/complete`), as a monitor sends them to a spanloom server. Rejected requests
    /// count too, and a call that a client sent twice is listed twice.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.requests()
            .iter()
            .flat_map(records)
            .filter_map(RecordedCall::of)
            .collect()
    }

    /// Waits until at least `count` model calls have arrived, for at most ten seconds, and returns all of them.
    ///
    /// A monitor sends in batches; its `flush` sends at once, so that this method need not wait.
    ///
    /// Cancellation: nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) when fewer arrived.
    pub async fn wait_for_calls(&self, count: usize) -> Result<Calls, Error> {
        self.wait_until("calls", count, || self.calls(), |calls| calls.len())
            .await
    }
}

#[derive(Deserialize)]
struct Batch {
    batch: Vec<Value>,
}

/// Returns the records in a request; none for any other body.
fn records(request: &SinkRequest) -> Vec<Record> {
    let batch = match request.header("content-encoding") {
        Some("gzip") => serde_json::from_reader(GzDecoder::new(&*request.body).take(LARGEST)).ok(),
        _ => serde_json::from_slice(&request.body).ok(),
    };
    let batch = batch.map_or(Vec::new(), |batch: Batch| batch.batch);
    batch
        .into_iter()
        // Parsed from text, because a record keeps its content as text.
        .filter_map(|call| serde_json::from_str(&call.to_string()).ok())
        .collect()
}
