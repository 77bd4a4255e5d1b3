//! An OTLP collector.

use spanloom_exporter::Destination;

/// Where a collector of metrics or logs is. Spans go to a [`Destination`].
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nobody sends"))]
pub(crate) enum Collector<'a> {
    /// At this base address.
    At(&'a str),
    /// Where the environment says; the stock exporter reads its variables, all of them.
    OfEnvironment,
}

/// Where each kind of telemetry goes.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nobody sends"))]
pub(crate) struct Collectors<'a> {
    pub(crate) spans: Option<&'a Destination>,
    pub(crate) metrics: Option<Collector<'a>>,
    pub(crate) logs: Option<Collector<'a>>,
    /// Whether metrics or logs were to go over gRPC, and so go nowhere.
    pub(crate) unsent: bool,
}
