//! The account of a monitor.

use spanloom_exporter::Receipt;
use spanloom_instrumentation::Stats;

/// The counts of a monitor so far.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MonitorStats {
    /// The counts of calls: read, waiting to be read, recorded without their bodies.
    pub calls: Stats,
    /// The outcome of the calls' spans, at each destination and in total.
    pub receipt: Receipt,
    /// Models without a price, as `provider/model`: their calls have no cost. At most 16.
    pub unpriced_models: Vec<String>,
}
