//! A span exporter that keeps spans in memory.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Value;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};

use crate::Error;
use crate::lock::lock;

/// How long [`SpanRecorder::wait_for`] waits: far longer than any export takes, short enough for a test run.
const PATIENCE: Duration = Duration::from_secs(10);

/// A span exporter that keeps finished spans in memory, in the order of their export.
///
/// Clones share the same memory: give one to a provider and keep the other.
///
/// ```
/// use opentelemetry::trace::{Tracer, TracerProvider};
/// use spanloom_testkit::{SpanRecorder, attribute};
///
/// # fn main() -> Result<(), spanloom_testkit::Error> {
/// let recorder = SpanRecorder::new();
/// let provider = recorder.provider();
/// provider.tracer("test").in_span("chat gpt-4o-mini", |_| {});
/// let spans = recorder.wait_for(1)?;
/// assert_eq!(spans.first().map(|span| span.name.as_ref()), Some("chat gpt-4o-mini"));
/// assert!(spans.first().and_then(|span| attribute(span, "gen_ai.operation.name")).is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct SpanRecorder {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct State {
    spans: Vec<SpanData>,
    resource: Option<Resource>,
    is_shut_down: bool,
}

impl SpanRecorder {
    /// Returns an empty recorder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a tracer provider that exports every span to this recorder when it ends, on the thread it ends on.
    #[must_use]
    pub fn provider(&self) -> SdkTracerProvider {
        SdkTracerProvider::builder()
            .with_simple_exporter(self.clone())
            .build()
    }

    /// Returns the spans so far, oldest export first.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanData> {
        lock(&self.shared.state).spans.clone()
    }

    /// Discards the spans so far.
    pub fn clear(&self) {
        lock(&self.shared.state).spans.clear();
    }

    /// Returns the resource of the provider that uses this recorder; `None` before there is one.
    #[must_use]
    pub fn resource(&self) -> Option<Resource> {
        lock(&self.shared.state).resource.clone()
    }

    /// Returns whether the provider has shut this exporter down. Later spans are rejected, as the SDK requires.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        lock(&self.shared.state).is_shut_down
    }

    /// Blocks until at least `count` spans have arrived, for at most ten seconds, and returns all of them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) when fewer arrived.
    pub fn wait_for(&self, count: usize) -> Result<Vec<SpanData>, Error> {
        self.wait_for_within(count, PATIENCE)
    }

    /// Blocks like [`wait_for`](Self::wait_for), with the caller's deadline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) when fewer arrived.
    pub fn wait_for_within(
        &self,
        count: usize,
        deadline: Duration,
    ) -> Result<Vec<SpanData>, Error> {
        let (state, _) = self
            .shared
            .arrived
            .wait_timeout_while(lock(&self.shared.state), deadline, |state| {
                state.spans.len() < count
            })
            .unwrap_or_else(PoisonError::into_inner);
        if state.spans.len() < count {
            return Err(Error::deadline("spans", state.spans.len(), count, deadline));
        }
        Ok(state.spans.clone())
    }
}

impl SpanRecorder {
    /// Checks again whenever spans arrive, until there are enough.
    pub(crate) fn wait_until<T>(
        &self,
        what: &'static str,
        count: usize,
        look: impl Fn() -> T,
        number: impl Fn(&T) -> usize,
    ) -> Result<T, Error> {
        let start = Instant::now();
        loop {
            let seen = lock(&self.shared.state).spans.len();
            let found = look();
            if number(&found) >= count {
                return Ok(found);
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            let (state, waited) = self
                .shared
                .arrived
                .wait_timeout_while(lock(&self.shared.state), left, |state| {
                    state.spans.len() == seen
                })
                .unwrap_or_else(PoisonError::into_inner);
            drop(state);
            if waited.timed_out() {
                return Err(Error::deadline(what, number(&found), count, PATIENCE));
            }
        }
    }
}

impl SpanExporter for SpanRecorder {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut state = lock(&self.shared.state);
        if state.is_shut_down {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        state.spans.extend(batch);
        self.shared.arrived.notify_all();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        lock(&self.shared.state).is_shut_down = true;
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        lock(&self.shared.state).resource = Some(resource.clone());
    }
}

/// Returns the value of a span's attribute; the last one if a key was set twice, as readers of OTLP do.
#[must_use]
pub fn attribute(span: &SpanData, key: &str) -> Option<Value> {
    span.attributes
        .iter()
        .rev()
        .find(|pair| pair.key.as_str() == key)
        .map(|pair| pair.value.clone())
}
