//! The facts about a call apart from its content and its numbers.

use super::attribute::Attributes;
use super::dialect;
use crate::record::CallInfo;
use crate::semconv as names;

/// Takes the facts out of a span's attributes.
pub(super) fn info(attributes: &mut Attributes) -> CallInfo {
    CallInfo {
        operation: operation(attributes),
        provider: attributes.take_text(dialect::PROVIDER),
        request_model: attributes.take_text(dialect::REQUEST_MODEL),
        response_model: attributes.take_text(dialect::RESPONSE_MODEL),
        response_id: attributes.take_text(dialect::RESPONSE_ID),
        finish_reasons: attributes.take_texts(dialect::FINISH_REASONS),
        streamed: attributes
            .take_flag(names::GEN_AI_REQUEST_STREAM)
            .unwrap_or_default(),
        outcome: attributes.take_text(&[names::SPANLOOM_OUTCOME]),
        error_type: attributes.take_text(&[names::ERROR_TYPE]),
        attempts: attributes
            .take_count(&[names::SPANLOOM_ATTEMPTS])
            .and_then(|count| i64::try_from(count).ok()),
        damaged: false,
        content_dropped_bytes: attributes.take_count(&[names::SPANLOOM_CONTENT_DROPPED_BYTES]),
        usage_source: None,
        rebuilt: false,
        server_address: attributes.take_text(&[names::SERVER_ADDRESS]),
        server_port: attributes
            .take_count(&[names::SERVER_PORT])
            .and_then(|port| i64::try_from(port).ok()),
        api_type: attributes.take_text(&[names::OPENAI_API_TYPE]),
        system_fingerprint: attributes.take_text(&[names::OPENAI_RESPONSE_SYSTEM_FINGERPRINT]),
        service_tier: attributes.take_text(&[names::OPENAI_RESPONSE_SERVICE_TIER]),
        response_status: attributes.take_text(&[names::GEN_AI_RESPONSE_STATUS]),
        previous_response_id: attributes.take_text(&[names::GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID]),
        outer_span_id: attributes.take_text(&[names::SPANLOOM_OUTER_SPAN_ID]),
    }
}

/// Returns the operation that a span names, else the operation that another instrumentation's word means, which stays.
fn operation(attributes: &mut Attributes) -> Option<String> {
    let own = attributes.take_text(&[names::GEN_AI_OPERATION_NAME]);
    own.or_else(|| {
        let meant = dialect::OPERATIONS.iter().find(|(name, word, _)| {
            let found = attributes.text(name);
            found.is_some_and(|found| found.eq_ignore_ascii_case(word))
        });
        meant.map(|(_, _, operation)| (*operation).to_owned())
    })
}
