//! Start records of calls in progress, for servers that show what is running.
//!
//! They are best effort: bounded, never sent again, never on disk, and not in the receipt. The record of the ended call is whole
//! without them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;

use crate::protocol::Stored;
use crate::protocol::weave::Weave;
use crate::transport::Transport;

/// A span that ends sooner has no start record.
const DELAY: Duration = Duration::from_millis(500);
/// The pause after a request that failed.
const PAUSE: Duration = Duration::from_secs(30);
/// The most spans that wait; later ones have no start record.
const MOST: usize = 1_024;

/// The spans that have begun since the last request, of one destination.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    begun: Mutex<HashMap<SpanId, Arc<SpanData>>>,
    changed: Notify,
}

impl Starts {
    fn lock(&self) -> MutexGuard<'_, HashMap<SpanId, Arc<SpanData>>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn began(&self, span: Arc<SpanData>) {
        let mut begun = self.lock();
        if begun.len() < MOST {
            begun.insert(span.span_context.span_id(), span);
            drop(begun);
            self.changed.notify_one();
        }
    }

    pub(crate) fn ended(&self, span: SpanId) {
        self.lock().remove(&span);
    }

    /// Returns the spans that have begun and not ended since the last time.
    fn take(&self) -> Vec<Arc<SpanData>> {
        self.lock().drain().map(|(_, span)| span).collect()
    }
}

/// Sends the start records of one destination.
#[derive(Debug)]
pub(crate) struct StartSender {
    pub(crate) starts: Arc<Starts>,
    pub(crate) resource: Arc<OnceLock<Resource>>,
    pub(crate) weave: Weave,
    pub(crate) transport: Transport,
}

impl StartSender {
    /// Runs until its runtime ends.
    pub(crate) async fn run(self) {
        loop {
            self.starts.changed.notified().await;
            tokio::time::sleep(DELAY).await;
            let spans = self.starts.take();
            if !self.send(spans).await {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Sends start records, one request for each project. Returns whether all were accepted.
    async fn send(&self, spans: Vec<Arc<SpanData>>) -> bool {
        let none = Resource::builder_empty().build();
        let resource = self.resource.get().unwrap_or(&none);
        let encoded = spans
            .into_iter()
            .filter_map(|span| self.weave.encode(span, resource));
        let mut of_project: HashMap<_, Vec<Stored>> = HashMap::new();
        for stored in encoded {
            of_project
                .entry(stored.route.clone())
                .or_default()
                .push(stored);
        }
        for records in of_project.values() {
            let records: Vec<&Stored> = records.iter().collect();
            let Some(request) = self.weave.request(&records) else {
                continue;
            };
            let answer = self.transport.send(request).await;
            if !answer.is_ok_and(|answer| (200..300).contains(&answer.status)) {
                return false;
            }
        }
        true
    }
}
