//! The monitor's own meter provider: the convention's client metrics, for a collector.

use opentelemetry_otlp::{MetricExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::collector::Collector;
use crate::error::{Error, ErrorKind};

/// Sends what it counts every minute, or as often as `OTEL_METRIC_EXPORT_INTERVAL` says, in milliseconds.
pub(crate) fn provider(
    collector: Collector<'_>,
    resource: Resource,
) -> Result<SdkMeterProvider, Error> {
    let exporter = MetricExporter::builder().with_http();
    let exporter = match collector {
        Collector::At(address) => {
            let base = address.trim_end_matches('/');
            exporter.with_endpoint(format!("{base}/v1/metrics"))
        }
        Collector::OfEnvironment(_) => exporter,
    };
    let exporter = exporter
        .build()
        .map_err(|error| Error::new(ErrorKind::Destination, error))?;
    Ok(SdkMeterProvider::builder()
        .with_resource(resource)
        .with_periodic_exporter(exporter)
        .build())
}
