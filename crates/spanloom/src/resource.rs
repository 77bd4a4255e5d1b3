//! The resource that identifies the source of the telemetry.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use spanloom_core::{StreamName, semconv};

/// Returns the environment's attributes of the service with the stream its spans belong to, for readers elsewhere.
pub(crate) fn resource(stream: &StreamName) -> Resource {
    let part = |name: &'static str, value: &str| KeyValue::new(name, value.to_owned());
    Resource::builder()
        .with_attributes([
            part(semconv::SPANLOOM_ENTITY, &stream.entity),
            part(semconv::SPANLOOM_PROJECT, &stream.project),
            part(semconv::SPANLOOM_STREAM, &stream.stream),
            part("wandb.entity", &stream.entity),
            part("wandb.project", &stream.project),
        ])
        .build()
}
