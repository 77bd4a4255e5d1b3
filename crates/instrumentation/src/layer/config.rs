//! The settings of a built layer.

use std::fmt;
use std::sync::Arc;

use opentelemetry::global::BoxedTracer;

use super::parent::ParentPolicy;
use crate::attributes::MonitorAttributes;
use crate::content::Recording;
use crate::metrics::Instruments;
use crate::prices::PriceBook;
use crate::recorder::Recorder;

/// The settings shared by a layer and everything it creates.
pub(super) struct Config {
    pub(super) tracer: BoxedTracer,
    pub(super) recorder: Recorder,
    pub(super) content: Arc<Recording>,
    pub(super) provider: Option<&'static str>,
    pub(super) policy: Box<dyn ParentPolicy>,
    pub(super) instruments: Option<Arc<Instruments>>,
    pub(super) attributes: MonitorAttributes,
    pub(super) request_usage: bool,
    pub(super) trace_hosts: Vec<String>,
    pub(super) http_spans: bool,
    pub(super) prices: PriceBook,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("content", &self.content)
            .field("provider", &self.provider)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
