//! An OTLP collector.

use spanloom_exporter::Destination;

use super::Otlp;
use crate::error::{Faults, Origin};

/// The configured collector of metrics or logs, whose settings are not checked yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collector<'a> {
    pub(crate) address: &'a str,
    pub(crate) source: Source,
    /// The environment's other settings of the collector.
    pub(crate) otlp: &'a Otlp,
}

/// Where an address was set.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// In code, by `with_collector`: the address is the base of all signals, and the path of each is appended.
    Code,
    /// By this variable, which `opentelemetry-otlp` reads as well.
    Environment(Origin),
}

impl Collector<'_> {
    /// Returns the collector's destination; `None` if a setting is invalid, with the reason in `faults`. Always `None` without
    /// the feature `otlp`.
    pub(crate) fn destination(&self, faults: &mut Faults) -> Option<Destination> {
        let origin = match self.source {
            Source::Code => Origin::Code("with_collector"),
            Source::Environment(origin) => origin,
        };
        self.otlp.signal_collector(origin, self.address, faults)
    }
}

/// The collector of each kind of telemetry.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nothing is sent"))]
pub(crate) struct Collectors<'a> {
    pub(crate) spans: Option<&'a Destination>,
    pub(crate) metrics: Option<Collector<'a>>,
    pub(crate) logs: Option<Collector<'a>>,
    /// Whether metrics or logs are not sent because gRPC was selected for them.
    pub(crate) needs_grpc: bool,
}
