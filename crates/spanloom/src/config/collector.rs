//! An OTLP collector.

use spanloom_exporter::Destination;

use super::Otlp;
use crate::error::{Faults, Origin};

/// The location of a collector of metrics or logs. Spans go to a [`Destination`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collector<'a> {
    pub(crate) address: &'a str,
    pub(crate) source: Source,
    /// The environment's other settings of the collector.
    pub(crate) otlp: &'a Otlp,
}

/// The source of an address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// Code: the address is the base of all signals.
    Code,
    /// This variable; the stock exporter reads it too, and builds the path from it.
    Environment(Origin),
}

impl Collector<'_> {
    /// Returns the collector's destination; `None` leaves a fault.
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
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nobody sends"))]
pub(crate) struct Collectors<'a> {
    pub(crate) spans: Option<&'a Destination>,
    pub(crate) metrics: Option<Collector<'a>>,
    pub(crate) logs: Option<Collector<'a>>,
    /// Whether metrics or logs are not sent because gRPC was selected for them.
    pub(crate) unsent: bool,
}
