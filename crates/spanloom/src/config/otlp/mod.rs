//! The variables of the OTLP exporter of spans. Source: OpenTelemetry's specification, "OTLP exporter configuration".
//!
//! What concerns spans alone (`OTEL_EXPORTER_OTLP_TRACES_…`) beats what concerns all signals. Of an address that code
//! names, the environment still gives what code cannot say: headers, time, compression and certificates.
//!
//! Metrics and events have variables of their own (`OTEL_EXPORTER_OTLP_METRICS_…`, `…_LOGS_…`). They leave through the stock
//! exporters, which read addresses, headers and compression themselves and know no certificates over HTTP: what their HTTP
//! client needs is read here.

mod headers;
mod pem;

use std::time::Duration;

use spanloom_exporter::Destination;

use super::{Variable, Variables, address};
use crate::error::{ErrorKind, Fault, Faults, Origin};

/// Longest time for a request that is taken for meant, in milliseconds: an hour.
const MOST_MILLISECONDS: u64 = 3_600_000;

/// The name of the setting, for one signal and for all.
macro_rules! names {
    ($signal:literal, $setting:literal) => {
        [
            concat!("OTEL_EXPORTER_OTLP_", $signal, "_", $setting),
            concat!("OTEL_EXPORTER_OTLP_", $setting),
        ]
    };
}

/// How a collector is reached, by one signal's variables.
macro_rules! reached {
    ($variables:ident, $signal:literal) => {
        Self {
            timeout: $variables.first(names!($signal, "TIMEOUT")),
            certificate: $variables.first(names!($signal, "CERTIFICATE")),
            client_key: $variables.first(names!($signal, "CLIENT_KEY")),
            client_certificate: $variables.first(names!($signal, "CLIENT_CERTIFICATE")),
            ..Self::default()
        }
    };
}

/// What the environment says of the collector of one signal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Otlp {
    /// Of spans alone: it is used as it is.
    traces_endpoint: Option<Variable>,
    /// Of all signals: the base of their paths.
    endpoint: Option<Variable>,
    protocol: Option<Variable>,
    headers: Option<Variable>,
    timeout: Option<Variable>,
    compression: Option<Variable>,
    certificate: Option<Variable>,
    client_key: Option<Variable>,
    client_certificate: Option<Variable>,
}

/// What spans are sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    HttpProtobuf,
    Grpc,
}

impl Otlp {
    /// Of spans.
    pub(super) fn of(variables: &Variables<'_>) -> Self {
        let [of_traces, of_all] = names!("TRACES", "ENDPOINT");
        Self {
            traces_endpoint: variables.get(of_traces),
            endpoint: variables.get(of_all),
            protocol: variables.first(names!("TRACES", "PROTOCOL")),
            headers: variables.first(names!("TRACES", "HEADERS")),
            compression: variables.first(names!("TRACES", "COMPRESSION")),
            ..reached!(variables, "TRACES")
        }
    }

    /// Of metrics, what the stock exporter does not read.
    pub(super) fn of_metrics(variables: &Variables<'_>) -> Self {
        reached!(variables, "METRICS")
    }

    /// Of logs, likewise.
    pub(super) fn of_logs(variables: &Variables<'_>) -> Self {
        reached!(variables, "LOGS")
    }

    /// Whether the environment names a collector of spans.
    pub(crate) fn is_named(&self) -> bool {
        self.traces_endpoint.is_some() || self.endpoint.is_some()
    }

    /// The collector at the base address that code names, over HTTP.
    pub(crate) fn by_code(&self, base: &str, faults: &mut Faults) -> Option<Destination> {
        let at = address(Origin::Code("with_collector"), Destination::otlp_http(base));
        let destination = faults.keep(at);
        self.apply(destination, faults)
    }

    /// The collector that the environment names.
    pub(crate) fn by_environment(&self, faults: &mut Faults) -> Option<Destination> {
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

    /// What metrics or events at this address are sent with, beside what the stock exporters read themselves.
    pub(crate) fn signal(
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
            _ => Err(refused(variable, "protocol", "http/protobuf or grpc")),
        }
    }

    /// What is said beside the address. Where the address is wrong it is tried with another, so that all faults are found.
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
        match time.filter(|time| (1..=MOST_MILLISECONDS).contains(time)) {
            Some(time) => Ok(Some(Duration::from_millis(time))),
            None => Err(refused(
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
            Some(variable) => Err(refused(variable, "compression", "gzip or none")),
        }
    }

    /// The client's certificate with its key.
    fn identity(&self) -> Result<Option<Vec<u8>>, Fault> {
        let alone = |variable: &Variable, other: &str| {
            variable
                .fault(
                    ErrorKind::Destination,
                    format!("it needs {other} beside it"),
                )
                .with_remedy("set both or none")
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

/// A word out of a few, and it is none of them.
fn refused(variable: &Variable, what: &str, expected: &str) -> Fault {
    let why = format!("invalid {what} {}: expected {expected}", variable.word());
    variable.fault(ErrorKind::Destination, why)
}
