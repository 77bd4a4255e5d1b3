//! Without the feature `otlp`, the variables of OTLP exporters are ignored.

use spanloom_exporter::Destination;

use super::Variables;
use crate::error::{Faults, Origin};

#[derive(Clone, Debug, Default)]
pub(crate) struct Otlp;

impl Otlp {
    pub(super) fn for_traces(_: &Variables<'_>) -> Self {
        Self
    }

    pub(super) fn for_metrics(_: &Variables<'_>) -> Self {
        Self
    }

    pub(super) fn for_logs(_: &Variables<'_>) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as the other one")]
    pub(crate) fn signal_collector(
        &self,
        _: Origin,
        _: &str,
        _: &mut Faults,
    ) -> Option<Destination> {
        None
    }

    #[expect(clippy::unused_self, reason = "as the other one")]
    pub(crate) fn is_configured(&self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as the other one")]
    pub(crate) fn collector_at(&self, _: &str, _: &mut Faults) -> Option<Destination> {
        None
    }

    #[expect(clippy::unused_self, reason = "as the other one")]
    pub(crate) fn collector(&self, _: &mut Faults) -> Option<Destination> {
        None
    }
}
