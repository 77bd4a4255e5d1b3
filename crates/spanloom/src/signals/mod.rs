//! Metrics and events for a collector, from meter and logger providers of the monitor.

#[cfg(feature = "otlp")]
mod providers;

use std::time::Duration;

use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use spanloom_core::StreamName;
use spanloom_exporter::Exporter;
use spanloom_instrumentation::GenAiLayerBuilder;

use crate::config::Collectors;
use crate::error::Error;

/// The providers of metrics and events, present only if a collector takes them. Clones share the same providers.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    meters: Option<SdkMeterProvider>,
    loggers: Option<SdkLoggerProvider>,
}

impl Signals {
    #[cfg(feature = "otlp")]
    pub(crate) fn start(collectors: Collectors<'_>, stream: &StreamName) -> Result<Self, Error> {
        use crate::resource::resource;

        let meters = collectors
            .metrics
            .map(|at| providers::meters(at, resource(stream)));
        let loggers = collectors
            .logs
            .map(|at| providers::loggers(at, resource(stream)));
        Ok(Self {
            meters: meters.transpose()?,
            loggers: loggers.transpose()?,
        })
    }

    #[cfg(not(feature = "otlp"))]
    #[expect(clippy::unnecessary_wraps, reason = "the other one may fail")]
    pub(crate) fn start(_: Collectors<'_>, _: &StreamName) -> Result<Self, Error> {
        Ok(Self {
            meters: None,
            loggers: None,
        })
    }

    pub(crate) fn attach(&self, layer: GenAiLayerBuilder) -> GenAiLayerBuilder {
        let layer = match &self.meters {
            Some(meters) => layer.with_meter_provider(meters),
            // The global meter provider belongs to the service.
            None => layer.without_metrics(),
        };
        match &self.loggers {
            Some(loggers) => layer.with_logger_provider(loggers),
            None => layer,
        }
    }

    /// Reports the exporter's account along with the other metrics.
    pub(crate) fn observe(&self, exporter: &Exporter) {
        if let Some(meters) = &self.meters {
            exporter.observe(meters);
        }
    }

    pub(crate) fn flush(&self) {
        if let Some(meters) = &self.meters {
            drop(meters.force_flush());
        }
        if let Some(loggers) = &self.loggers {
            drop(loggers.force_flush());
        }
    }

    pub(crate) fn shutdown(&self, timeout: Duration) {
        if let Some(meters) = &self.meters {
            drop(meters.shutdown_with_timeout(timeout));
        }
        if let Some(loggers) = &self.loggers {
            drop(loggers.shutdown_with_timeout(timeout));
        }
    }
}
