//! An OTLP collector.

use spanloom_exporter::Destination;

use super::Otlp;
use crate::error::{Faults, Origin};

/// Where a collector of metrics or logs is. Spans go to a [`Destination`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collector<'a> {
    pub(crate) address: &'a str,
    pub(crate) source: Source,
    /// What the environment says of it besides.
    pub(crate) otlp: &'a Otlp,
}

/// Who named an address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// Code: it is the base of all signals.
    Code,
    /// This variable; the stock exporter reads it too, and makes the path of it.
    Environment(Origin),
}

impl Collector<'_> {
    /// How it is reached; `None` leaves a fault.
    pub(crate) fn destination(&self, faults: &mut Faults) -> Option<Destination> {
        let origin = match self.source {
            Source::Code => Origin::Code("with_collector"),
            Source::Environment(origin) => origin,
        };
        self.otlp.signal(origin, self.address, faults)
    }
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
