//! Metrics and logs: what the environment says of them, as far as it is not left to the stock exporters.

use super::otlp::Otlp;
use super::{Variable, Variables};

/// Metrics, or logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signal {
    /// Where they go.
    pub(super) endpoint: Option<Variable>,
    /// How.
    pub(super) otlp: Otlp,
    /// `OTEL_METRICS_EXPORTER=none`, `OTEL_LOGS_EXPORTER=none`
    pub(super) is_off: bool,
    /// The environment wants gRPC, which the stock exporters here do not speak.
    is_grpc: bool,
}

/// Its variables: the exporter's, the endpoint's and the protocol's.
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
        Self::of(METRICS, Otlp::of_metrics(variables), variables)
    }

    pub(super) fn logs(variables: &Variables<'_>) -> Self {
        Self::of(LOGS, Otlp::of_logs(variables), variables)
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

    /// Where the environment sends them.
    pub(super) fn used(&self) -> Option<&Variable> {
        self.wanted().filter(|_| !self.is_grpc)
    }

    /// Whether the environment would send them over gRPC.
    pub(super) fn is_unsent(&self) -> bool {
        self.wanted().is_some() && self.is_grpc
    }

    fn wanted(&self) -> Option<&Variable> {
        self.endpoint.as_ref().filter(|_| !self.is_off)
    }
}
