//! A span processor that makes a provider's flush and shutdown wait for the recorder.
//!
//! A provider refuses spans as soon as its `shutdown` begins, before it notifies any of its processors
//! (opentelemetry_sdk 0.33). A call that has ended but is still being read would lose its span. So the drain wraps the
//! service's processor, keeps the start of each of our spans, and completes a refused span itself.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::Duration;

use opentelemetry::{Context, trace::SpanId};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::recorder::{LateCompletion, Queue, Recorder};
use crate::span::{SpanEnd, is_starting};

/// How long `force_flush` may wait for the recorder.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// A wrapper around one of the service's span processors; created by [`Recorder::drain`](crate::Recorder::drain).
pub struct Drain<P> {
    inner: Arc<Inner<P>>,
    queue: Arc<Queue>,
}

struct Inner<P> {
    processor: P,
    open: Mutex<HashMap<SpanId, SpanData>>,
    attached: Once,
}

impl Recorder {
    /// Wraps one of the service's span processors, so that the provider's `force_flush` and `shutdown` wait for calls
    /// that have just ended and whose spans this recorder still has to finish. `shutdown` also ends calls that are
    /// still running, as [`Recorder::shutdown`] does.
    pub fn drain<P: SpanProcessor + 'static>(&self, processor: P) -> Drain<P> {
        Drain::new(self.queue(), processor)
    }
}

impl<P: SpanProcessor> Drain<P> {
    fn new(queue: &Arc<Queue>, processor: P) -> Self {
        let inner = Inner {
            processor,
            open: Mutex::default(),
            attached: Once::new(),
        };
        Self {
            inner: Arc::new(inner),
            queue: Arc::clone(queue),
        }
    }
}

impl<P> Inner<P> {
    fn open(&self) -> MutexGuard<'_, HashMap<SpanId, SpanData>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: SpanProcessor> LateCompletion for Inner<P> {
    fn complete(&self, span: SpanId, finish: &SpanEnd) {
        let Some(mut data) = self.open().remove(&span) else {
            return;
        };
        finish.clone().complete(&mut data);
        self.processor.on_end(data);
    }
}

impl<P: SpanProcessor + 'static> SpanProcessor for Drain<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        if is_starting()
            && let Some(data) = span.exported_data()
        {
            // The drain is attached only now: `set_resource` needs sole ownership of the processor.
            self.inner.attached.call_once(|| {
                let late: Weak<Inner<P>> = Arc::downgrade(&self.inner);
                self.queue.attach(late);
            });
            self.inner.open().insert(data.span_context.span_id(), data);
        }
        self.inner.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.inner.open().remove(&span.span_context.span_id());
        self.inner.processor.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        let drained = self.queue.flush(FLUSH_TIMEOUT);
        self.inner.processor.force_flush()?;
        if drained {
            Ok(())
        } else {
            Err(OTelSdkError::Timeout(FLUSH_TIMEOUT))
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        // Calls that are still running would end after the provider has stopped accepting spans.
        let open: HashSet<SpanId> = self.inner.open().keys().copied().collect();
        self.queue.end_those(|span| open.contains(&span));
        let drained = self.queue.flush(timeout);
        self.inner.processor.shutdown_with_timeout(timeout)?;
        if drained {
            Ok(())
        } else {
            Err(OTelSdkError::Timeout(timeout))
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        // The provider calls this once, while it is being built and is the processor's only owner.
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.processor.set_resource(resource);
        }
    }
}

impl<P> fmt::Debug for Drain<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").finish_non_exhaustive()
    }
}

impl<P> fmt::Debug for Inner<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}
