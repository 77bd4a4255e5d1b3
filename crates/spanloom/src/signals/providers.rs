//! The monitor's own meter and logger providers: the convention's client metrics and events, for a collector.

use opentelemetry_otlp::{LogExporter, MetricExporter, Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use reqwest::blocking::{Client, ClientBuilder};

use crate::config::{Collector, Source};
use crate::error::{Error, ErrorKind, Faults};

/// Returns a meter provider that exports every minute, or every `OTEL_METRIC_EXPORT_INTERVAL` milliseconds.
pub(crate) fn meters(
    collector: Collector<'_>,
    resource: Resource,
) -> Result<SdkMeterProvider, Error> {
    let exporter = at(MetricExporter::builder().with_http(), collector, "metrics")?
        .build()
        .map_err(|error| Error::new(ErrorKind::Destination, error))?;
    Ok(SdkMeterProvider::builder()
        .with_resource(resource)
        .with_periodic_exporter(exporter)
        .build())
}

/// Returns a logger provider that exports every second, or every `OTEL_BLRP_SCHEDULE_DELAY` milliseconds.
pub(crate) fn loggers(
    collector: Collector<'_>,
    resource: Resource,
) -> Result<SdkLoggerProvider, Error> {
    let exporter = at(LogExporter::builder().with_http(), collector, "logs")?
        .build()
        .map_err(|error| Error::new(ErrorKind::Destination, error))?;
    Ok(SdkLoggerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build())
}

/// Points an exporter at a collector. The stock exporters read the environment's variables if code sets no address.
fn at<B: WithExportConfig + WithHttpConfig>(
    builder: B,
    collector: Collector<'_>,
    signal: &str,
) -> Result<B, Error> {
    // Another crate of the service may have enabled other protocols, which this transport does not support.
    let builder = builder.with_protocol(Protocol::HttpBinary);
    let builder = builder.with_http_client(client(collector)?);
    Ok(match collector.source {
        Source::Code => {
            let base = collector.address.trim_end_matches('/');
            builder.with_endpoint(format!("{base}/v1/{signal}"))
        }
        Source::Environment(_) => builder,
    })
}

/// Builds the HTTP client of the exporters. Their default client would know only the system's certificates, use a proxy
/// for this machine, and need a runtime if another crate of the service has enabled that.
fn client(collector: Collector<'_>) -> Result<Client, Error> {
    let mut faults = Faults::default();
    let destination = collector.destination(&mut faults);
    let destination = faults.settle(destination)?;
    let (builder, timeout) = destination.http_client();
    // Built on a thread without a runtime, as the client contains one.
    let made = std::thread::Builder::new()
        .name("spanloom-client".to_owned())
        .spawn(move || ClientBuilder::from(builder).timeout(timeout).build())
        .map_err(|error| Error::new(ErrorKind::Start, error))?
        .join()
        .map_err(|_| Error::new(ErrorKind::Start, "no HTTP client"))?;
    made.map_err(|error| Error::new(ErrorKind::Start, error))
}
