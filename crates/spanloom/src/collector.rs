//! An OTLP collector.

/// Where a collector is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Collector<'a> {
    /// At this base address.
    At(&'a str),
    /// Where the environment says; the stock exporter reads its variables, all of them.
    OfEnvironment(&'a str),
}

impl<'a> Collector<'a> {
    pub(crate) fn address(self) -> &'a str {
        match self {
            Self::At(address) | Self::OfEnvironment(address) => address,
        }
    }
}

/// Where each kind of telemetry goes.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nobody sends"))]
pub(crate) struct Collectors<'a> {
    pub(crate) spans: Option<Collector<'a>>,
    pub(crate) metrics: Option<Collector<'a>>,
    pub(crate) logs: Option<Collector<'a>>,
}

#[cfg(feature = "otlp")]
impl Collector<'_> {
    /// Where its spans go.
    pub(crate) fn destination(
        self,
    ) -> Result<spanloom_exporter::Destination, spanloom_exporter::Error> {
        match self {
            Self::At(address) | Self::OfEnvironment(address) => {
                spanloom_exporter::Destination::otlp_http(address)
            }
        }
    }
}
