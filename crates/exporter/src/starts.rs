//! Start records of calls in progress, for servers that show what is running.
//!
//! They are best effort: bounded, never sent again, never on disk, and not in the receipt. The record of the ended call is whole
//! without them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;

use crate::protocol::Stored;
use crate::protocol::weave::Weave;
use crate::span::held_bytes;
use crate::transport::Transport;

/// A span that ends sooner has no start record.
const DELAY: Duration = Duration::from_millis(500);
/// The pause after a request that failed.
const PAUSE: Duration = Duration::from_secs(30);
/// The most spans that wait, and their bytes; later ones have no start record.
const MOST: usize = 1_024;
const MOST_BYTES: usize = 4 << 20;

/// The spans of one destination that have begun, until they have a start record.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    begun: Mutex<Begun>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Begun {
    spans: HashMap<SpanId, Waiting>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    span: Arc<SpanData>,
    bytes: usize,
    since: Instant,
}

impl Starts {
    fn lock(&self) -> MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn began(&self, span: Arc<SpanData>) {
        let bytes = held_bytes(&span);
        let mut begun = self.lock();
        if begun.spans.len() < MOST && begun.bytes + bytes <= MOST_BYTES {
            let since = Instant::now();
            let id = span.span_context.span_id();
            begun.bytes += bytes;
            begun.spans.insert(id, Waiting { span, bytes, since });
            drop(begun);
            self.changed.notify_one();
        }
    }

    pub(crate) fn ended(&self, span: SpanId) {
        let mut begun = self.lock();
        if let Some(ended) = begun.spans.remove(&span) {
            begun.bytes = begun.bytes.saturating_sub(ended.bytes);
        }
    }

    /// Returns when the first span is due.
    fn due(&self) -> Option<Instant> {
        let begun = self.lock();
        let first = begun.spans.values().map(|waiting| waiting.since).min();
        first.map(|since| since + DELAY)
    }

    /// Removes and returns the spans that are due.
    fn take(&self) -> Vec<Arc<SpanData>> {
        let mut begun = self.lock();
        let is_due = |waiting: &Waiting| waiting.since.elapsed() >= DELAY;
        let due = begun.spans.extract_if(|_, waiting| is_due(waiting));
        let due: Vec<Waiting> = due.map(|(_, waiting)| waiting).collect();
        let bytes: usize = due.iter().map(|waiting| waiting.bytes).sum();
        begun.bytes = begun.bytes.saturating_sub(bytes);
        due.into_iter().map(|waiting| waiting.span).collect()
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
    pub(crate) async fn run(mut self) {
        loop {
            match self.starts.due() {
                None => self.starts.changed.notified().await,
                Some(due) => tokio::time::sleep_until(due.into()).await,
            }
            let spans = self.starts.take();
            if !spans.is_empty() && !self.send(spans).await {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Sends start records, one request for each project. Returns whether all were accepted.
    async fn send(&mut self, spans: Vec<Arc<SpanData>>) -> bool {
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
            match self.transport.send(request).await {
                Ok(answer) if (200..300).contains(&answer.status) => {}
                Ok(_) => return false,
                Err(_) => {
                    self.transport.renew();
                    return false;
                }
            }
        }
        true
    }
}
