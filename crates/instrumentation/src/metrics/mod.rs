//! The convention's client metrics for a call, and those of operations around calls.
//!
//! Each call is recorded, sampled or not, on the recorder's thread. Source: GenAI semantic conventions, `metrics.yaml`,
//! with the refinements for OpenAI; boundaries are the recommended ones, since the SDK's defaults suit milliseconds.

mod operations;
mod sets;

use std::time::Duration;

use opentelemetry::metrics::{Histogram, Meter};
use spanloom_core::{Call, UsageSource, semconv as names};

pub(crate) use self::operations::OperationInstruments;
use self::sets::{Cache, Sets};

const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// The instruments of one layer.
#[derive(Debug)]
pub(crate) struct Instruments {
    tokens: Histogram<u64>,
    duration: Histogram<f64>,
    first_chunk: Histogram<f64>,
    output_chunk: Histogram<f64>,
    operations: OperationInstruments,
    cache: Cache,
}

impl Instruments {
    pub(crate) fn new(meter: &Meter) -> Self {
        let seconds = |name: &'static str, description: &'static str| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(description)
                .with_boundaries(SECONDS.to_vec())
                .build()
        };
        Self {
            tokens: meter
                .u64_histogram(names::GEN_AI_CLIENT_TOKEN_USAGE)
                .with_unit("{token}")
                .with_description("Number of input and output tokens used.")
                .with_boundaries(TOKENS.to_vec())
                .build(),
            duration: seconds(
                names::GEN_AI_CLIENT_OPERATION_DURATION,
                "GenAI operation duration.",
            ),
            first_chunk: seconds(
                names::GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK,
                "Time from the request to the first chunk of a streamed answer.",
            ),
            output_chunk: seconds(
                names::GEN_AI_CLIENT_OPERATION_TIME_PER_OUTPUT_CHUNK,
                "Time from one chunk of a streamed answer to the next.",
            ),
            operations: OperationInstruments::new(meter),
            cache: Cache::default(),
        }
    }

    pub(crate) fn operations(&self) -> &OperationInstruments {
        &self.operations
    }

    /// Records a call; `gaps` are the times between consecutive chunks of a streamed answer.
    pub(crate) fn record(
        &self,
        call: &Call,
        elapsed: Duration,
        gaps: impl Iterator<Item = Duration>,
    ) {
        let sets = self.cache.sets(call);
        self.duration.record(elapsed.as_secs_f64(), &sets.duration);
        self.tokens(call, &sets);
        if let Some(first) = call.time_to_first_chunk {
            self.first_chunk.record(first.as_secs_f64(), &sets.chunks);
        }
        // A fetched response was generated earlier; its chunk times do not describe a model.
        for gap in gaps.filter(|_| call.endpoint.is_inference()) {
            self.output_chunk.record(gap.as_secs_f64(), &sets.chunks);
        }
    }

    /// Records the counts that the provider reported. The convention excludes all other counts.
    fn tokens(&self, call: &Call, sets: &Sets) {
        let usage = &call.usage;
        if usage.source != Some(UsageSource::Reported) {
            return;
        }
        for (attributes, count) in [
            (&sets.input_tokens, usage.input_tokens),
            (&sets.output_tokens, usage.output_tokens),
        ] {
            if let Some(count) = count {
                self.tokens.record(count, attributes);
            }
        }
    }
}
