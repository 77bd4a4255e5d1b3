//! The monitor's own meter and logger providers: the convention's client metrics and events, for a collector.

use opentelemetry_otlp::{LogExporter, MetricExporter, Protocol, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::collector::Collector;
use crate::error::{Error, ErrorKind};

/// Sends what it counts every minute, or as often as `OTEL_METRIC_EXPORT_INTERVAL` says, in milliseconds.
pub(crate) fn meters(
    collector: Collector<'_>,
    resource: Resource,
) -> Result<SdkMeterProvider, Error> {
    let exporter = at(MetricExporter::builder().with_http(), collector, "metrics")
        .build()
        .map_err(|error| Error::new(ErrorKind::Destination, error))?;
    Ok(SdkMeterProvider::builder()
        .with_resource(resource)
        .with_periodic_exporter(exporter)
        .build())
}

/// Sends events every second, or as often as `OTEL_BLRP_SCHEDULE_DELAY` says, in milliseconds.
pub(crate) fn loggers(
    collector: Collector<'_>,
    resource: Resource,
) -> Result<SdkLoggerProvider, Error> {
    let exporter = at(LogExporter::builder().with_http(), collector, "logs")
        .build()
        .map_err(|error| Error::new(ErrorKind::Destination, error))?;
    Ok(SdkLoggerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build())
}

/// The stock exporters read the environment's variables where code names no address.
fn at<B: WithExportConfig>(builder: B, collector: Collector<'_>, signal: &str) -> B {
    // Another crate of the service may have switched other protocols on, which would not go with this transport.
    let builder = builder.with_protocol(Protocol::HttpBinary);
    match collector {
        Collector::At(address) => {
            let base = address.trim_end_matches('/');
            builder.with_endpoint(format!("{base}/v1/{signal}"))
        }
        Collector::OfEnvironment => builder,
    }
}
