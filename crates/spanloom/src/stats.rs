//! The account of a monitor.

use spanloom_exporter::Receipt;
use spanloom_instrumentation::Stats;

/// What a monitor has done so far.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MonitorStats {
    /// The calls: read, waiting to be read, recorded without their bodies.
    pub calls: Stats,
    /// What became of their spans, by destination. At all times, for each, `received + recovered = delivered + rejected +
    /// spooled + queued + dropped`.
    pub destinations: Vec<(String, Receipt)>,
}

impl MonitorStats {
    /// The sum over the destinations.
    #[must_use]
    pub fn total(&self) -> Receipt {
        let mut total = Receipt::default();
        for (_, receipt) in &self.destinations {
            total += *receipt;
        }
        total
    }
}
