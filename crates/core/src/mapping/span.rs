//! One finished span becomes one record.

use serde_json::{Map, Value};

use super::attribute::Attributes;
use super::monitor::monitor;
use super::{dialect, flat};
use crate::price::Table;
use crate::record::{CallInfo, CostSummary, Json, Record, StatusCode, Summary, UsageSummary};
use crate::{Endpoint, StreamName, Timestamp, Usage, UsageSource, semconv as names};

/// The group of attributes that have no other place.
pub(super) const OTEL: &str = "otel";

/// A finished span, whoever carried it here (an SDK's exporter, an OTLP request).
#[derive(Clone, Debug)]
pub struct Span {
    /// The span's name.
    pub name: String,
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// 16 hex digits; `None` for a root.
    pub parent_id: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How it ended.
    pub status: SpanStatus,
    /// The span's own attributes.
    pub attributes: Attributes,
}

/// A span's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanStatus {
    /// Nothing was said: ended as it should.
    Unset,
    /// Declared good.
    Ok,
    /// Failed, with a message that may be empty.
    Error(String),
}

/// Maps a span to a record. `resource` are the attributes of the process it came from; `default` is where it goes when
/// neither the span nor its resource names entity, project or stream.
#[must_use]
pub fn record(span: Span, resource: &Attributes, default: &StreamName) -> Record {
    let mut attributes = span.attributes;
    let stream = destination(&mut attributes, resource, default);
    let ours = attributes.text(names::SPANLOOM_OUTCOME).is_some();
    let usage = usage(&mut attributes);
    let info = info(&mut attributes, &usage);
    let endpoint = endpoint(ours, &info);
    let op_name = endpoint.map_or_else(|| span.name.clone(), |it| it.op_name().to_owned());
    let failed = matches!(span.status, SpanStatus::Error(_));
    let summary = summary(
        &mut attributes,
        &info,
        &usage,
        failed,
        (span.started_at, span.ended_at),
    );
    // Some dialects mean the conversation by it, so it goes with that, too.
    let session = attributes.text(names::SESSION_ID).map(str::to_owned);
    let thread_id = attributes.take_text(dialect::CONVERSATION);
    let (inputs, output) = bodies(&mut attributes, &info);
    let inputs = inputs
        .or_else(|| fetched(endpoint, &info))
        .unwrap_or_else(Json::empty);
    Record {
        stream,
        trace_id: span.trace_id,
        // A parent that goes elsewhere would hide the record from every list of roots.
        parent_id: span.parent_id.filter(|_| info.outer_span_id.is_none()),
        op_name,
        display_name: attributes
            .take_text(dialect::DISPLAY_NAME)
            .or(Some(span.name)),
        started_at: span.started_at,
        ended_at: Some(span.ended_at),
        inputs,
        output,
        summary: summary.to_map(),
        exception: exception(&span.status, info.error_type.as_deref()),
        turn_id: thread_id.is_some().then(|| span.span_id.clone()),
        thread_id,
        wb_user_id: attributes.take_text(dialect::USER),
        attributes: grouped(attributes, session, &info),
        id: span.span_id,
    }
}

fn destination(
    attributes: &mut Attributes,
    resource: &Attributes,
    default: &StreamName,
) -> StreamName {
    let mut part = |name: &str, alias: &str, default: &str| {
        let own = attributes.take_text(&[name, alias]);
        let part = own
            .as_deref()
            .or_else(|| resource.text(name))
            .or_else(|| resource.text(alias));
        part.filter(|part| StreamName::is_part(part))
            .unwrap_or(default)
            .to_owned()
    };
    StreamName {
        entity: part(names::SPANLOOM_ENTITY, "wandb.entity", &default.entity),
        project: part(names::SPANLOOM_PROJECT, "wandb.project", &default.project),
        stream: part(names::SPANLOOM_STREAM, "wandb.stream", &default.stream),
    }
}

fn usage(attributes: &mut Attributes) -> Usage {
    let mut usage = Usage {
        input_tokens: attributes.take_count(dialect::INPUT_TOKENS),
        output_tokens: attributes.take_count(dialect::OUTPUT_TOKENS),
        cache_read_tokens: attributes.take_count(dialect::CACHE_READ_TOKENS),
        cache_write_tokens: attributes.take_count(dialect::CACHE_WRITE_TOKENS),
        reasoning_tokens: attributes.take_count(dialect::REASONING_TOKENS),
        text_input_tokens: attributes.take_count(&[names::GEN_AI_USAGE_TEXT_INPUT_TOKENS]),
        image_input_tokens: attributes.take_count(&[names::GEN_AI_USAGE_IMAGE_INPUT_TOKENS]),
        audio_input_tokens: attributes.take_count(&[names::GEN_AI_USAGE_AUDIO_INPUT_TOKENS]),
        text_output_tokens: attributes.take_count(&[names::GEN_AI_USAGE_TEXT_OUTPUT_TOKENS]),
        image_output_tokens: attributes.take_count(&[names::GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS]),
        audio_output_tokens: attributes.take_count(&[names::GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS]),
        text_cache_read_tokens: attributes
            .take_count(&[names::GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS]),
        image_cache_read_tokens: attributes
            .take_count(&[names::GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS]),
        audio_cache_read_tokens: attributes
            .take_count(&[names::GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS]),
        source: None,
    };
    let source = attributes.take_text(&[names::SPANLOOM_USAGE_SOURCE]);
    if usage.is_known() {
        usage.source = source
            .and_then(|word| UsageSource::from_word(&word))
            .or(Some(UsageSource::Reported));
    }
    usage
}

fn info(attributes: &mut Attributes, usage: &Usage) -> CallInfo {
    CallInfo {
        operation: attributes.take_text(dialect::OPERATION),
        provider: attributes.take_text(dialect::PROVIDER),
        request_model: attributes.take_text(dialect::REQUEST_MODEL),
        response_model: attributes.take_text(dialect::RESPONSE_MODEL),
        response_id: attributes.take_text(dialect::RESPONSE_ID),
        finish_reasons: attributes.take_texts(dialect::FINISH_REASONS),
        streamed: attributes.take(&[names::GEN_AI_REQUEST_STREAM]) == Some(Value::Bool(true)),
        outcome: attributes.take_text(&[names::SPANLOOM_OUTCOME]),
        error_type: attributes.take_text(&[names::ERROR_TYPE]),
        attempts: attributes
            .take_count(&[names::SPANLOOM_ATTEMPTS])
            .and_then(|count| i64::try_from(count).ok()),
        usage_source: usage.source.map(|source| source.as_str().to_owned()),
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

/// Where a call of ours went. Its record has the name Weave's own integration gives it; other spans keep theirs.
fn endpoint(ours: bool, info: &CallInfo) -> Option<Endpoint> {
    let operation = info.operation.as_deref().filter(|_| ours)?;
    Endpoint::from_words(operation, info.api_type.as_deref())
}

/// Reading a response has no body; what was asked for is its id.
fn fetched(endpoint: Option<Endpoint>, info: &CallInfo) -> Option<Json> {
    let id = endpoint.filter(|endpoint| *endpoint == Endpoint::FetchResponse);
    let id = id.and(info.response_id.as_deref())?;
    Some(Json::from_value(&serde_json::json!({"response_id": id})))
}

fn summary(
    attributes: &mut Attributes,
    info: &CallInfo,
    usage: &Usage,
    failed: bool,
    (started_at, ended_at): (Timestamp, Timestamp),
) -> Summary {
    let model = info.model().unwrap_or("unknown").to_owned();
    let status_code = match info.outcome.as_deref() {
        _ if failed => StatusCode::Error,
        Some("cancelled") => StatusCode::Unset,
        _ => StatusCode::Success,
    };
    Summary {
        usage: usage
            .is_known()
            .then(|| (model, UsageSummary::from(usage)))
            .into_iter()
            .collect(),
        latency_s: Some(ended_at.since(started_at).as_secs_f64()),
        time_to_first_chunk_s: attributes
            .take_number(&[names::GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK]),
        cost: cost(attributes, info, usage),
        status_code,
    }
}

/// The cost the span states, else reported tokens times the price table, else nothing.
fn cost(attributes: &mut Attributes, info: &CallInfo, usage: &Usage) -> Option<CostSummary> {
    let stated = attributes.take_number(&[names::SPANLOOM_COST_TOTAL_USD]);
    let input_usd = attributes.take_number(&[names::SPANLOOM_COST_INPUT_USD]);
    let output_usd = attributes.take_number(&[names::SPANLOOM_COST_OUTPUT_USD]);
    let source = attributes.take_text(&[names::SPANLOOM_COST_SOURCE]);
    let price_date = attributes.take_text(&[names::SPANLOOM_PRICE_DATE]);
    let price_source = attributes.take_text(&[names::SPANLOOM_PRICE_SOURCE]);
    if let Some(total_usd) = stated {
        let source = source.unwrap_or_else(|| "reported".to_owned());
        return Some(CostSummary {
            total_usd,
            input_usd,
            output_usd,
            source,
            price_date,
            price_source,
        });
    }
    // Our recorder knew more than the span says, the user's own prices and the tier asked for: it found no price.
    if info.attempts.is_some() {
        return None;
    }
    let provider = info.provider.as_deref()?;
    let table = Table::builtin();
    let models = [
        info.response_model.as_deref(),
        info.request_model.as_deref(),
    ];
    let price = models
        .into_iter()
        .flatten()
        .find_map(|model| table.price(provider, model))?;
    let price = match info.service_tier.as_deref() {
        Some(tier) => price.in_tier(tier)?,
        None => price,
    };
    price.cost(usage).as_ref().map(CostSummary::from)
}

/// Request and answer: the provider's own, or put together from an attribute for each field, or as they are called.
fn bodies(attributes: &mut Attributes, info: &CallInfo) -> (Option<Json>, Option<Json>) {
    let own = |attributes: &Attributes, name| attributes.has(name);
    let inputs = (!own(attributes, names::SPANLOOM_REQUEST))
        .then(|| flat::inputs(attributes, info))
        .flatten();
    let inputs = inputs.or_else(|| {
        let (dialects, beside) = (dialect::INPUTS, dialect::BESIDE_INPUTS);
        content(attributes, names::SPANLOOM_REQUEST, dialects, beside)
    });
    let output = (!own(attributes, names::SPANLOOM_RESPONSE))
        .then(|| flat::output(attributes, info))
        .flatten();
    let output =
        output.or_else(|| content(attributes, names::SPANLOOM_RESPONSE, dialect::OUTPUTS, &[]));
    (inputs, output)
}

/// The provider's own body, else the first of `dialects` with everything that belongs `beside` it.
fn content(
    attributes: &mut Attributes,
    raw: &str,
    dialects: &[&str],
    beside: &[&str],
) -> Option<Json> {
    if let Some(json) = attributes.take_json(raw) {
        attributes.take(dialects);
        attributes.take(beside);
        return Some(json);
    }
    let main = dialects.iter().find(|name| attributes.has(name));
    let mut object = Map::new();
    for name in main.into_iter().chain(beside) {
        if let Some(value) = attributes.take_json(name) {
            let value = serde_json::from_str(value.as_str()).unwrap_or(Value::Null);
            object.insert((*name).to_owned(), value);
        }
    }
    (!object.is_empty()).then(|| Json::from_value(&object))
}

fn exception(status: &SpanStatus, error_type: Option<&str>) -> Option<String> {
    let SpanStatus::Error(message) = status else {
        return None;
    };
    match (error_type, message.as_str()) {
        (Some(kind), "") => Some(kind.to_owned()),
        (Some(kind), message) => Some(format!("{kind}: {message}")),
        (None, "") => Some("error".to_owned()),
        (None, message) => Some(message.to_owned()),
    }
}

/// Monitor attributes at the root, ours in a group, whatever is left in `otel` under its own dotted name.
fn grouped(
    mut attributes: Attributes,
    session: Option<String>,
    info: &CallInfo,
) -> Map<String, Value> {
    let mut grouped = monitor(&mut attributes, session);
    if let Ok(info @ Value::Object(_)) = serde_json::to_value(info) {
        grouped.insert(CallInfo::GROUP.to_owned(), info);
    }
    if !attributes.is_empty() {
        grouped.insert(
            OTEL.to_owned(),
            Value::Object(attributes.into_iter().collect()),
        );
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(attributes: Value) -> Record {
        let Value::Object(attributes) = attributes else {
            panic!("attributes are an object")
        };
        let at = Timestamp::from(std::time::UNIX_EPOCH);
        let span = Span {
            name: "the span".to_owned(),
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
            span_id: "00f067aa0ba902b7".to_owned(),
            parent_id: None,
            started_at: at,
            ended_at: at,
            status: SpanStatus::Unset,
            attributes: attributes.into_iter().collect(),
        };
        let stream = StreamName::parse("acme/chatbot/logs", None).unwrap();
        record(span, &Attributes::default(), &stream)
    }

    #[test]
    fn every_endpoint_has_the_op_name_weave_gives_it() {
        for (operation, api_type, op_name) in [
            (
                "chat",
                Some("chat_completions"),
                "openai.chat.completions.create",
            ),
            ("chat", None, "openai.chat.completions.create"),
            ("chat", Some("responses"), "openai.responses.create"),
            (
                "fetch_response",
                Some("responses"),
                "openai.responses.retrieve",
            ),
            ("text_completion", None, "openai.completions.create"),
            ("embeddings", None, "openai.embeddings.create"),
            ("execute_tool", None, "the span"),
        ] {
            let mut attributes =
                json!({"gen_ai.operation.name": operation, "openai.api.type": api_type});
            assert_eq!(of(attributes.clone()).op_name, "the span", "not ours");
            attributes["spanloom.outcome"] = "completed".into();
            assert_eq!(of(attributes).op_name, op_name);
        }
    }

    #[test]
    fn spans_and_resources_say_where_they_belong() {
        let routed = |own: Value, resource: Value| {
            let attributes = |value: Value| match value {
                Value::Object(map) => map.into_iter().collect::<Attributes>(),
                _ => Attributes::default(),
            };
            let default = StreamName::parse("acme/chatbot/logs", None).unwrap();
            destination(&mut attributes(own), &attributes(resource), &default).to_string()
        };
        assert_eq!(routed(json!({}), json!({})), "acme/chatbot/logs");
        let wandb = json!({"wandb.entity": "e", "wandb.project": "p"});
        assert_eq!(routed(json!({}), wandb.clone()), "e/p/logs");
        assert_eq!(
            routed(wandb.clone(), json!({"spanloom.stream": "s"})),
            "e/p/s"
        );
        let ours = json!({"spanloom.entity": "a", "spanloom.project": "b", "wandb.entity": "c"});
        assert_eq!(routed(ours, wandb), "a/b/logs");
        assert_eq!(
            routed(json!({"spanloom.entity": "no/part"}), json!({})),
            "acme/chatbot/logs"
        );
    }

    #[test]
    fn a_fetched_response_tells_what_was_fetched() {
        let record = of(
            json!({"gen_ai.operation.name": "fetch_response", "openai.api.type": "responses",
            "spanloom.outcome": "completed", "gen_ai.response.id": "resp_1", "gen_ai.response.status": "queued",
            "spanloom.response": "{\"id\":\"resp_1\"}"}),
        );
        assert_eq!(record.inputs.as_str(), r#"{"response_id":"resp_1"}"#);
        assert_eq!(
            record.output.as_ref().unwrap().as_str(),
            r#"{"id":"resp_1"}"#
        );
        assert_eq!(record.info().response_status.as_deref(), Some("queued"));
        assert_eq!(record.summary.get("usage"), None);
        assert!(record.summary.get("cost").is_none_or(Value::is_null));
    }

    #[test]
    fn a_response_hangs_together_with_others() {
        let record = of(
            json!({"gen_ai.operation.name": "chat", "openai.api.type": "responses",
            "spanloom.outcome": "completed", "gen_ai.conversation.id": "conv_1",
            "gen_ai.request.previous_response.id": "resp_0", "gen_ai.system_instructions": "[]",
            "gen_ai.input.messages": "[]", "spanloom.request": "{\"input\":\"hi\"}"}),
        );
        assert_eq!(record.thread_id.as_deref(), Some("conv_1"));
        assert_eq!(
            record.info().previous_response_id.as_deref(),
            Some("resp_0")
        );
        assert_eq!(record.inputs.as_str(), r#"{"input":"hi"}"#);
        assert_eq!(
            record.attributes.get("otel"),
            None,
            "what the body says is not said twice"
        );
    }

    #[test]
    fn user_conversation_session_and_tenant_have_their_places() {
        let ids = json!({"user.id": "u", "session.id": "s", "spanloom.tenant": "t"});
        let record = of(ids.clone());
        assert_eq!(record.wb_user_id.as_deref(), Some("u"));
        assert_eq!(record.thread_id.as_deref(), Some("s"));
        let mut conversed = ids;
        conversed["gen_ai.conversation.id"] = "c".into();
        let record = of(conversed);
        assert_eq!(record.thread_id.as_deref(), Some("c"));
        let grouped = ["session", "tenant"].map(|key| record.attributes[key].as_str().unwrap());
        assert_eq!(grouped, ["s", "t"]);
    }

    #[test]
    fn instructions_and_tools_stand_beside_the_messages() {
        let record = of(
            json!({"gen_ai.operation.name": "chat", "gen_ai.input.messages": "[1]",
            "gen_ai.system_instructions": "[2]", "gen_ai.tool.definitions": "[3]"}),
        );
        let inputs: Value = serde_json::from_str(record.inputs.as_str()).unwrap();
        assert_eq!(
            inputs,
            json!({"gen_ai.input.messages": [1], "gen_ai.system_instructions": [2], "gen_ai.tool.definitions": [3]})
        );
    }
}
