//! The facts about a call apart from its content and its numbers.

use super::attribute::Attributes;
use super::dialect;
use crate::provider::provider_of;
use crate::record::CallInfo;
use crate::semconv as names;

const LANGSMITH: &str = "langsmith.span.kind";

/// Takes the facts out of a span's attributes.
pub(super) fn info(attributes: &mut Attributes) -> CallInfo {
    let request_model = model(attributes, dialect::REQUEST_MODEL);
    let response_model = model(attributes, dialect::RESPONSE_MODEL);
    let word = attributes.take_text(dialect::PROVIDER);
    let model = request_model.as_deref().or(response_model.as_deref());
    CallInfo {
        operation: operation(attributes),
        provider: provider_of(word.as_deref(), model),
        request_model,
        response_model,
        response_id: attributes.take_text(dialect::RESPONSE_ID),
        finish_reasons: finish_reasons(attributes),
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
        content_sampled_out: attributes
            .take_flag(names::SPANLOOM_CONTENT_SAMPLED_OUT)
            .unwrap_or_default(),
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
        conversation_name: attributes.take_text(dialect::CONVERSATION_NAME),
        outer_span_id: attributes.take_text(&[names::SPANLOOM_OUTER_SPAN_ID]),
    }
}

/// Takes the finish reasons. Semantic Kernel writes them as Python prints an enum: `FinishReason.STOP`.
fn finish_reasons(attributes: &mut Attributes) -> Vec<String> {
    let mut reasons = attributes.take_texts(dialect::FINISH_REASONS);
    for reason in &mut reasons {
        if let Some(word) = reason.strip_prefix("FinishReason.") {
            *reason = word.to_ascii_lowercase();
        }
    }
    reasons
}

/// Takes a model's name. Spring AI writes `none` for no model, and MLflow puts quotes around it.
fn model(attributes: &mut Attributes, names: &[&str]) -> Option<String> {
    let name = attributes.take_text(names)?;
    let name = name.trim_matches('"');
    (!["none", "unknown", ""].contains(&name)).then(|| name.to_owned())
}

/// Returns the operation that a span names, else the operation that another instrumentation's word means, which stays.
fn operation(attributes: &mut Attributes) -> Option<String> {
    let own = attributes.take_text(&[names::GEN_AI_OPERATION_NAME]);
    let meant = dialect::OPERATIONS.iter().find_map(|(name, words)| {
        // MLflow writes every attribute as JSON.
        let found = attributes.text(name)?.trim_matches('"');
        let known = words
            .iter()
            .find(|(word, _)| found.eq_ignore_ascii_case(word));
        known.map(|(_, operation)| (*name, *operation))
    });
    match (own, meant) {
        // LangSmith calls a prompt a chat, and a retriever embeddings.
        (_, Some((LANGSMITH, operation))) | (None, Some((_, operation))) => {
            Some(operation.to_owned())
        }
        (own, _) => own.map(|own| {
            let words = dialect::OPERATION_WORDS.iter();
            let known = words.clone().find(|(word, _)| *word == own);
            known.map_or(own, |(_, operation)| (*operation).to_owned())
        }),
    }
}
