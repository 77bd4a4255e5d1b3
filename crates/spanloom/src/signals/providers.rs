//! The monitor's own meter and logger providers: the convention's client metrics and events, for a collector.

use opentelemetry_otlp::{LogExporter, MetricExporter, Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use reqwest::blocking::{Client, ClientBuilder};

use crate::config::{Collector, Source};
use crate::error::{Error, ErrorKind, Faults};

/// Sends what it counts every minute, or as often as `OTEL_METRIC_EXPORT_INTERVAL` says, in milliseconds.
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

/// Sends events every second, or as often as `OTEL_BLRP_SCHEDULE_DELAY` says, in milliseconds.
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

/// The stock exporters read the environment's variables where code names no address.
fn at<B: WithExportConfig + WithHttpConfig>(
    builder: B,
    collector: Collector<'_>,
    signal: &str,
) -> Result<B, Error> {
    // Another crate of the service may have switched other protocols on, which would not go with this transport.
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

/// Theirs would know no certificates but the system's, go through a proxy to this machine, and be one that needs a runtime
/// when another crate of the service has switched that on.
fn client(collector: Collector<'_>) -> Result<Client, Error> {
    let mut faults = Faults::default();
    let destination = collector.destination(&mut faults);
    let destination = faults.settle(destination)?;
    let (builder, timeout) = destination.http_client();
    // Made where no runtime is: it has one inside.
    let made = std::thread::Builder::new()
        .name("spanloom-client".to_owned())
        .spawn(move || ClientBuilder::from(builder).timeout(timeout).build())
        .map_err(|error| Error::new(ErrorKind::Start, error))?
        .join()
        .map_err(|_| Error::new(ErrorKind::Start, "no HTTP client"))?;
    made.map_err(|error| Error::new(ErrorKind::Start, error))
}
