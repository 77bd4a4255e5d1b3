//! The metrics of agents, workflows and tools.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter};
use spanloom_core::semconv as names;

use super::SECONDS;

const AGENT_SECONDS: [f64; 13] = [
    0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6,
];
const WORKFLOW_SECONDS: [f64; 11] = [
    1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0,
];
const CALLS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The instruments of operations.
#[derive(Debug)]
pub(crate) struct OperationInstruments {
    agent: Histogram<f64>,
    inference_calls: Histogram<u64>,
    tool_calls: Histogram<u64>,
    workflow: Histogram<f64>,
    tool: Histogram<f64>,
}

impl OperationInstruments {
    pub(super) fn new(meter: &Meter) -> Self {
        let seconds = |name: &'static str, description: &'static str, boundaries: &[f64]| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(description)
                .with_boundaries(boundaries.to_vec())
                .build()
        };
        let counts = |name: &'static str, unit: &'static str, description: &'static str| {
            meter
                .u64_histogram(name)
                .with_unit(unit)
                .with_description(description)
                .with_boundaries(CALLS.to_vec())
                .build()
        };
        Self {
            agent: seconds(
                names::GEN_AI_INVOKE_AGENT_DURATION,
                "Duration of one run of an agent.",
                &AGENT_SECONDS,
            ),
            inference_calls: counts(
                names::GEN_AI_INVOKE_AGENT_INFERENCE_CALLS,
                "{inference_call}",
                "Number of calls to models in one run of an agent.",
            ),
            tool_calls: counts(
                names::GEN_AI_INVOKE_AGENT_TOOL_CALLS,
                "{tool_call}",
                "Number of tool calls in one run of an agent.",
            ),
            workflow: seconds(
                names::GEN_AI_INVOKE_WORKFLOW_DURATION,
                "GenAI workflow duration.",
                &WORKFLOW_SECONDS,
            ),
            tool: seconds(
                names::GEN_AI_EXECUTE_TOOL_DURATION,
                "Duration of one call of a tool.",
                &SECONDS,
            ),
        }
    }

    pub(crate) fn agent_ended(&self, elapsed: Duration, attributes: &[KeyValue]) {
        self.agent.record(elapsed.as_secs_f64(), attributes);
    }

    /// Records the calls to models and the tool calls of one run of an agent.
    pub(crate) fn agent_called(&self, counts: [u64; 2], attributes: &[KeyValue]) {
        let [inference_calls, tool_calls] = counts;
        self.inference_calls.record(inference_calls, attributes);
        self.tool_calls.record(tool_calls, attributes);
    }

    pub(crate) fn workflow_ended(&self, elapsed: Duration, attributes: &[KeyValue]) {
        self.workflow.record(elapsed.as_secs_f64(), attributes);
    }

    pub(crate) fn tool_ended(&self, elapsed: Duration, attributes: &[KeyValue]) {
        self.tool.record(elapsed.as_secs_f64(), attributes);
    }
}
