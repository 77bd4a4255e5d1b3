//! The account of a monitor.

use spanloom_exporter::Receipt;
use spanloom_instrumentation::Stats;

/// What a monitor has done so far.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MonitorStats {
    /// The calls: read, waiting to be read, recorded without their bodies.
    pub calls: Stats,
    /// What became of their spans, at each destination and in all.
    pub receipt: Receipt,
    /// Models without a price, as `provider/model`: their calls have no cost. At most 16.
    pub unpriced_models: Vec<String>,
}
