//! The variables of the OTLP span exporter. Source: OpenTelemetry's specification, "OTLP exporter configuration".
//!
//! A variable of spans alone (`OTEL_EXPORTER_OTLP_TRACES_…`) overrides the variable of all signals. For an address from
//! code, the environment still sets what code cannot: headers, timeout, compression and certificates.
//!
//! Metrics and events have their own variables (`OTEL_EXPORTER_OTLP_METRICS_…`, `…_LOGS_…`). The stock exporters send
//! both and read addresses, headers and compression themselves, but support no certificates over HTTP: this module
//! reads the settings of their HTTP client.

mod headers;
mod pem;

use std::time::Duration;

use spanloom_exporter::Destination;

use super::{Variable, Variables, address};
use crate::error::{ErrorKind, Fault, Faults, Origin};

/// The longest request timeout that is accepted as intended, in milliseconds: an hour.
const MAX_TIMEOUT_MS: u64 = 3_600_000;

/// The variables of a setting: for one signal and for all.
macro_rules! variable_names {
    ($signal:literal, $setting:literal) => {
        [
            concat!("OTEL_EXPORTER_OTLP_", $signal, "_", $setting),
            concat!("OTEL_EXPORTER_OTLP_", $setting),
        ]
    };
}

/// The connection settings of a collector, from one signal's variables.
macro_rules! connection_settings {
    ($variables:ident, $signal:literal) => {
        Self {
            timeout: $variables.first(variable_names!($signal, "TIMEOUT")),
            certificate: $variables.first(variable_names!($signal, "CERTIFICATE")),
            client_key: $variables.first(variable_names!($signal, "CLIENT_KEY")),
            client_certificate: $variables.first(variable_names!($signal, "CLIENT_CERTIFICATE")),
            ..Self::default()
        }
    };
}

/// The environment's settings of one signal's collector.
#[derive(Clone, Debug, Default)]
pub(crate) struct Otlp {
    /// The address of spans alone, used as is.
    traces_endpoint: Option<Variable>,
    /// The address of all signals, the base of their paths.
    endpoint: Option<Variable>,
    protocol: Option<Variable>,
    headers: Option<Variable>,
    timeout: Option<Variable>,
    compression: Option<Variable>,
    certificate: Option<Variable>,
    client_key: Option<Variable>,
    client_certificate: Option<Variable>,
}

/// The protocol of spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    HttpProtobuf,
    Grpc,
}

impl Otlp {
    /// Reads the settings of spans.
    pub(super) fn for_traces(variables: &Variables<'_>) -> Self {
        let [for_traces, for_all] = variable_names!("TRACES", "ENDPOINT");
        Self {
            traces_endpoint: variables.get(for_traces),
            endpoint: variables.get(for_all),
            protocol: variables.first(variable_names!("TRACES", "PROTOCOL")),
            headers: variables.first(variable_names!("TRACES", "HEADERS")),
            compression: variables.first(variable_names!("TRACES", "COMPRESSION")),
            ..connection_settings!(variables, "TRACES")
        }
    }

    /// Reads the settings of metrics that the stock exporter does not read.
    pub(super) fn for_metrics(variables: &Variables<'_>) -> Self {
        connection_settings!(variables, "METRICS")
    }

    /// Reads the settings of logs that the stock exporter does not read.
    pub(super) fn for_logs(variables: &Variables<'_>) -> Self {
        connection_settings!(variables, "LOGS")
    }

    /// Returns whether the environment names a collector of spans.
    pub(crate) fn is_configured(&self) -> bool {
        self.traces_endpoint.is_some() || self.endpoint.is_some()
    }

    /// Returns the collector at the base address from code, over HTTP.
    pub(crate) fn collector_at(&self, base: &str, faults: &mut Faults) -> Option<Destination> {
        let at = address(Origin::Code("with_collector"), Destination::otlp_http(base));
        let destination = faults.keep(at);
        self.apply(destination, faults)
    }

    /// Returns the collector that the environment names.
    pub(crate) fn collector(&self, faults: &mut Faults) -> Option<Destination> {
        let endpoint = self.traces_endpoint.as_ref().or(self.endpoint.as_ref())?;
        let protocol = faults.keep(self.protocol());
        let at = match protocol {
            Some(Protocol::Grpc) => Destination::otlp_grpc(endpoint.text()),
            _ if self.traces_endpoint.is_some() => Destination::otlp_http_at(endpoint.text()),
            _ => Destination::otlp_http(endpoint.text()),
        };
        let destination = faults.keep(address(endpoint.origin(), at));
        self.apply(destination, faults)
    }

    /// Returns the destination of metrics or events at this address, without what the stock exporters read themselves.
    pub(crate) fn signal_collector(
        &self,
        origin: Origin,
        endpoint: &str,
        faults: &mut Faults,
    ) -> Option<Destination> {
        let destination = faults.keep(address(origin, Destination::otlp_http_at(endpoint)));
        self.apply(destination, faults)
    }

    fn protocol(&self) -> Result<Protocol, Fault> {
        let Some(variable) = &self.protocol else {
            return Ok(Protocol::HttpProtobuf);
        };
        match variable.text().to_ascii_lowercase().as_str() {
            "http/protobuf" => Ok(Protocol::HttpProtobuf),
            "grpc" => Ok(Protocol::Grpc),
            _ => Err(unexpected(variable, "protocol", "http/protobuf or grpc")),
        }
    }

    /// Applies the settings other than the address. If the address is invalid, they are applied to a stand-in, so that
    /// all faults are found.
    fn apply(&self, destination: Option<Destination>, faults: &mut Faults) -> Option<Destination> {
        let Some(destination) = destination else {
            let stand_in = Destination::otlp_http("http://127.0.0.1").ok()?;
            self.with_settings(stand_in, faults);
            return None;
        };
        self.with_settings(destination, faults)
    }

    fn with_settings(
        &self,
        mut destination: Destination,
        faults: &mut Faults,
    ) -> Option<Destination> {
        let timeout = faults.keep(self.timeout());
        let compression = faults.keep(self.compression());
        let identity = faults.keep(self.identity());
        let roots = self.certificate.as_ref().map(pem::read).transpose();
        let roots = faults.keep(roots);
        if let Some(Some(timeout)) = timeout {
            destination = destination.with_timeout(timeout);
        }
        if let Some(Some(yes)) = compression {
            destination = destination.with_compression(yes);
        }
        if let Some(headers) = &self.headers {
            destination = headers::apply(headers, destination, faults)?;
        }
        if let (Some(variable), Some(Some(pem))) = (&self.certificate, roots) {
            let with = destination.with_root_certificates(&pem);
            destination = faults.keep(address(variable.origin(), with))?;
        }
        if let (Some(variable), Some(Some(pem))) = (&self.client_certificate, identity) {
            let with = destination.with_identity(&pem);
            destination = faults.keep(address(variable.origin(), with))?;
        }
        Some(destination)
    }

    fn timeout(&self) -> Result<Option<Duration>, Fault> {
        let Some(variable) = &self.timeout else {
            return Ok(None);
        };
        let time = variable.text().parse().ok();
        match time.filter(|time| (1..=MAX_TIMEOUT_MS).contains(time)) {
            Some(time) => Ok(Some(Duration::from_millis(time))),
            None => Err(unexpected(
                variable,
                "time",
                "milliseconds from 1 to 3600000, such as 10000",
            )),
        }
    }

    fn compression(&self) -> Result<Option<bool>, Fault> {
        match &self.compression {
            None => Ok(None),
            Some(variable) if variable.is("gzip") => Ok(Some(true)),
            Some(variable) if variable.is("none") => Ok(Some(false)),
            Some(variable) => Err(unexpected(variable, "compression", "gzip or none")),
        }
    }

    /// Reads the client's certificate and its key.
    fn identity(&self) -> Result<Option<Vec<u8>>, Fault> {
        let alone = |variable: &Variable, other: &str| {
            variable
                .fault(ErrorKind::Destination, format!("it requires {other}"))
                .with_remedy("set both or neither")
        };
        match (&self.client_certificate, &self.client_key) {
            (None, None) => Ok(None),
            (Some(one), None) => Err(alone(one, "OTEL_EXPORTER_OTLP_CLIENT_KEY")),
            (None, Some(one)) => Err(alone(one, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE")),
            (Some(certificate), Some(key)) => {
                let mut pem = pem::read(certificate)?;
                pem.push(b'\n');
                pem.extend(pem::read(key)?);
                Ok(Some(pem))
            }
        }
    }
}

/// Returns the fault of a value that is not among the expected values.
fn unexpected(variable: &Variable, what: &str, expected: &str) -> Fault {
    let why = format!("invalid {what} {}: expected {expected}", variable.word());
    variable.fault(ErrorKind::Destination, why)
}
