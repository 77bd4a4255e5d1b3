//! The durations of requests.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use spanloom_core::semconv as names;
use spanloom_instrumentation::GenAiLayer;

/// The boundaries that the convention recommends.
const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];

/// The side that sees a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// The histogram of one side.
#[derive(Clone, Debug)]
pub(crate) struct Durations(Histogram<f64>);

impl Durations {
    /// Returns the histogram of the layer's meter; `None` if the layer records no metrics.
    pub(crate) fn of(layer: &GenAiLayer, side: Side) -> Option<Self> {
        let (name, description) = match side {
            Side::Client => (
                names::MCP_CLIENT_OPERATION_DURATION,
                "The duration of the MCP request or notification as observed on the sender from the time it was sent \
                 until the response or ack is received.",
            ),
            Side::Server => (
                names::MCP_SERVER_OPERATION_DURATION,
                "MCP request or notification duration as observed on the receiver from the time it was received until \
                 the result or ack is sent.",
            ),
        };
        let histogram = layer.meter()?.f64_histogram(name);
        let histogram = histogram.with_unit("s").with_description(description);
        Some(Self(histogram.with_boundaries(SECONDS.to_vec()).build()))
    }

    pub(crate) fn record(&self, elapsed: Duration, attributes: &[KeyValue]) {
        self.0.record(elapsed.as_secs_f64(), attributes);
    }
}
