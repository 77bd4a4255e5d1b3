use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::semconv::{SPANLOOM_REQUEST, SPANLOOM_RESPONSE};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Collector,
    WandbOtlp,
    WandbAgents,
}

impl Profile {
    pub(crate) fn apply(&self, span: &mut SpanData) {
        span.attributes.retain(|attribute| {
            !matches!(attribute.key.as_str(), SPANLOOM_REQUEST | SPANLOOM_RESPONSE)
        });
    }

    pub(crate) fn apply_to_resource(&self, _: &mut Vec<KeyValue>) {}
}
