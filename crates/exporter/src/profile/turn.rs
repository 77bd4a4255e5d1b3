//! The turn of a conversation around a model call that has none.
//!
//! W&B's Agent Lens shows traces whose root is an agent. A call that a service makes by itself has no agent, so W&B's
//! own SDK puts a span `invoke_agent` around it (PyPI `coreweave` 0.1.0b0, `_provider_trace.py`). The same here, for
//! calls of a conversation that the service named: no conversation is made up.

use opentelemetry::trace::{SpanId, SpanKind};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use spanloom_core::semconv as names;

use super::{attribute, table};

const INVOKE_AGENT: &str = "invoke_agent";
/// The operations that call a model.
const CALLS: [&str; 3] = ["chat", "text_completion", "generate_content"];
/// What the turn has from its call. Tokens stay with the call, else they would be counted twice; so do messages, which
/// the view takes from any span of the turn.
const SHARED: [&str; 8] = [
    table::AGENT_NAME,
    table::STREAM,
    names::GEN_AI_CONVERSATION_ID,
    table::CONVERSATION_NAME,
    names::GEN_AI_PROVIDER_NAME,
    names::GEN_AI_REQUEST_MODEL,
    names::USER_ID,
    names::ERROR_TYPE,
];

/// Returns the turn around a call without a parent, and makes it the call's parent. The span must have the form of the
/// agents view.
pub(super) fn around(call: &mut SpanData) -> Option<SpanData> {
    let text = |name: &str| match attribute(&call.attributes, name) {
        Some(Value::String(text)) if !text.as_str().is_empty() => Some(text.as_str()),
        _ => None,
    };
    let is_call = text(names::GEN_AI_OPERATION_NAME).is_some_and(|it| CALLS.contains(&it));
    let is_alone = call.parent_span_id == SpanId::INVALID;
    if !(is_call && is_alone && text(names::GEN_AI_CONVERSATION_ID).is_some()) {
        return None;
    }
    let agent = text(table::AGENT_NAME).unwrap_or_default();
    let name = format!("{INVOKE_AGENT} {agent}").trim_end().to_owned();
    let shared = call.attributes.iter();
    let shared = shared.filter(|attribute| SHARED.contains(&attribute.key.as_str()));
    let mut attributes: Vec<KeyValue> = shared.cloned().collect();
    attributes.push(KeyValue::new(names::GEN_AI_OPERATION_NAME, INVOKE_AGENT));
    let context = &call.span_context;
    let id = id_of_turn(context.span_id());
    let turn = SpanData {
        span_context: opentelemetry::trace::SpanContext::new(
            context.trace_id(),
            id,
            context.trace_flags(),
            false,
            context.trace_state().clone(),
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: call.start_time,
        end_time: call.end_time,
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: call.status.clone(),
        instrumentation_scope: call.instrumentation_scope.clone(),
    };
    call.parent_span_id = id;
    Some(turn)
}

/// Returns the id of the turn around a call: always the same for the same call, so that a call that is sent again does
/// not get another turn.
fn id_of_turn(call: SpanId) -> SpanId {
    const TURN: u64 = 0x7475_726e_6f66_6167;
    let id = u64::from_be_bytes(call.to_bytes()) ^ TURN;
    SpanId::from_bytes(id.max(1).to_be_bytes())
}
