//! The settings of a built layer.

use std::fmt;
use std::sync::Arc;

use opentelemetry::StringValue;
use opentelemetry::global::BoxedTracer;
use opentelemetry::metrics::Meter;

use super::parent::ParentPolicy;
use crate::attributes::MonitorAttributes;
use crate::content::Recording;
use crate::metrics::Instruments;
use crate::prices::PriceBook;
use crate::recorder::Recorder;

/// The settings shared by a layer and everything it creates.
pub(crate) struct Config {
    pub(crate) tracer: BoxedTracer,
    pub(crate) recorder: Recorder,
    pub(crate) content: Arc<Recording>,
    pub(crate) provider: Option<StringValue>,
    pub(crate) policy: Box<dyn ParentPolicy>,
    pub(crate) meter: Option<Meter>,
    pub(crate) instruments: Option<Arc<Instruments>>,
    pub(crate) attributes: MonitorAttributes,
    pub(crate) request_usage: bool,
    pub(crate) trace_hosts: Vec<String>,
    pub(crate) http_spans: bool,
    pub(crate) prices: PriceBook,
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
