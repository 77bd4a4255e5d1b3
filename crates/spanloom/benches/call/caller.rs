//! Time on the thread that makes the calls, while the recorder's thread is blocked: the two cores of a small machine
//! slow each other down.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use spanloom_instrumentation::Recorder;
use tokio::runtime::Runtime;

/// Accepts every span and keeps none, and blocks the recorder while the gate is locked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<Mutex<()>>);

impl SpanProcessor for Gate {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}

    fn on_end(&self, span: SpanData) {
        drop(self.0.lock().unwrap());
        std::hint::black_box(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, _: &Resource) {}
}

pub(crate) struct Caller<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) recorder: &'a Recorder,
    pub(crate) gate: Gate,
}

impl Caller<'_> {
    /// Returns the sorted nanoseconds of `count` calls. `stop` makes a call that takes the recorder to the gate.
    pub(crate) fn timed(
        &self,
        count: usize,
        stop: impl AsyncFn(),
        one: impl AsyncFn(),
    ) -> Vec<f64> {
        let gate = self.gate.0.lock().unwrap();
        let mut taken = Vec::with_capacity(count);
        self.runtime.block_on(async {
            stop().await;
            std::thread::yield_now();
            for _ in 0..count {
                let begun = Instant::now();
                one().await;
                taken.push(begun.elapsed().as_secs_f64() * 1e9);
            }
        });
        drop(gate);
        self.recorder.flush(Duration::from_secs(30)).unwrap();
        taken
    }

    /// Measures two kinds of calls in turn, a millisecond apart and from cold caches.
    #[expect(
        clippy::disallowed_methods,
        reason = "the pause is what makes the caches cold"
    )]
    pub(crate) fn apart(&self, first: impl AsyncFn(), second: impl AsyncFn()) -> [Vec<f64>; 2] {
        let mut taken: [Vec<f64>; 2] = Default::default();
        let mut timed = |at: usize, one: &dyn Fn()| {
            std::thread::sleep(Duration::from_millis(1));
            let begun = Instant::now();
            one();
            taken[at].push(begun.elapsed().as_secs_f64() * 1e9);
        };
        for _ in 0..1_000 {
            timed(0, &|| self.runtime.block_on(first()));
            timed(1, &|| self.runtime.block_on(second()));
        }
        taken
    }
}
