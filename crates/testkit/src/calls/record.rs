//! Calls from the records that a sink received.

use std::io::Read;

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;
use spanloom_core::Record;

use super::{Calls, RecordedCall};
use crate::{Error, Sink, SinkRequest};

/// How long a body may be when it is inflated: twice what W&B takes.
const LARGEST: u64 = 64 * 1024 * 1024;

impl Sink {
    /// The model calls among the records so far: those in complete calls of Weave's API
    /// (`POST /v2/{entity}/{project}/calls/complete`), which is what a monitor sends to a server of spanloom's. Other
    /// requests, and those that were refused, are read alike: what a client sent twice is here twice.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.requests()
            .iter()
            .flat_map(records)
            .filter_map(RecordedCall::of)
            .collect()
    }

    /// Waits until at least `count` model calls are here, for at most ten seconds, and returns all of them.
    ///
    /// A monitor sends in batches: its `flush` makes it send at once, and this need not wait.
    ///
    /// Cancellation: nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) when fewer came.
    pub async fn wait_for_calls(&self, count: usize) -> Result<Calls, Error> {
        self.wait_until("calls", count, || self.calls(), |calls| calls.len())
            .await
    }
}

#[derive(Deserialize)]
struct Batch {
    batch: Vec<Value>,
}

/// None for a body of another kind.
fn records(request: &SinkRequest) -> Vec<Record> {
    let batch = match request.header("content-encoding") {
        Some("gzip") => serde_json::from_reader(GzDecoder::new(&*request.body).take(LARGEST)).ok(),
        _ => serde_json::from_slice(&request.body).ok(),
    };
    let batch = batch.map_or(Vec::new(), |batch: Batch| batch.batch);
    batch
        .into_iter()
        // From text, as a record keeps its content as text.
        .filter_map(|call| serde_json::from_str(&call.to_string()).ok())
        .collect()
}
