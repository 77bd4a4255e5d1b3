//! The environment's settings of metrics and logs, except those left to the stock exporters.

use super::otlp::Otlp;
use super::{Variable, Variables};

/// The settings of metrics or of logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signal {
    /// The variable with the collector's address.
    pub(super) endpoint: Option<Variable>,
    /// The connection to the collector.
    pub(super) otlp: Otlp,
    /// `OTEL_METRICS_EXPORTER=none`, `OTEL_LOGS_EXPORTER=none`
    pub(super) is_off: bool,
    /// Whether the environment selects gRPC, which the stock exporters do not support here.
    is_grpc: bool,
}

/// The variables of a signal: exporter, endpoint and protocol.
type Names = [&'static str; 3];

const METRICS: Names = [
    "OTEL_METRICS_EXPORTER",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
];
const LOGS: Names = [
    "OTEL_LOGS_EXPORTER",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
];

impl Signal {
    pub(super) fn metrics(variables: &Variables<'_>) -> Self {
        Self::of(METRICS, Otlp::for_metrics(variables), variables)
    }

    pub(super) fn logs(variables: &Variables<'_>) -> Self {
        Self::of(LOGS, Otlp::for_logs(variables), variables)
    }

    fn of([exporter, endpoint, protocol]: Names, otlp: Otlp, variables: &Variables<'_>) -> Self {
        let protocol = variables.first([protocol, "OTEL_EXPORTER_OTLP_PROTOCOL"]);
        Self {
            endpoint: variables.first([endpoint, "OTEL_EXPORTER_OTLP_ENDPOINT"]),
            otlp,
            is_off: variables.is_set_to_none(exporter),
            is_grpc: protocol.is_some_and(|protocol| protocol.is("grpc")),
        }
    }

    /// Returns the variable with the address that the signal is sent to.
    pub(super) fn used(&self) -> Option<&Variable> {
        self.wanted().filter(|_| !self.is_grpc)
    }

    /// Returns whether the signal is not sent because the environment selects gRPC.
    pub(super) fn needs_grpc(&self) -> bool {
        self.wanted().is_some() && self.is_grpc
    }

    fn wanted(&self) -> Option<&Variable> {
        self.endpoint.as_ref().filter(|_| !self.is_off)
    }
}
