//! The mapping of one finished span to one record.

use serde_json::{Map, Value};

use super::attribute::Attributes;
use super::content::{Bodies, UnreadContent, bodies};
use super::dialect;
use super::event::{self, Event, Exception, Link};
use super::info::info;
use super::mapped::MappedSpan;
use super::monitor::monitor;
use super::numbers::{reported, summary};
use super::route::destination;
use super::unpack::unpack;
use crate::record::{CallInfo, Json, Record};
use crate::usage::Reported;
use crate::{Endpoint, StreamName, Timestamp, semconv as names};

/// A finished span, from any source (an SDK's exporter, an OTLP request).
#[derive(Clone, Debug, Default)]
pub struct Span {
    /// The span's name.
    pub name: String,
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// 16 hex digits; `None` for a root.
    pub parent_id: Option<String>,
    /// When the span began.
    pub started_at: Timestamp,
    /// When the span ended.
    pub ended_at: Timestamp,
    /// How the span ended.
    pub status: SpanStatus,
    /// `CLIENT`, `INTERNAL` and so on; `None` where it is not specified.
    pub kind: Option<&'static str>,
    /// The name of the instrumentation scope that made the span; `None` where there is none.
    pub scope: Option<String>,
    /// The span's own attributes.
    pub attributes: Attributes,
    /// The span's events, in order.
    pub events: Vec<Event>,
    /// The span's links to other spans.
    pub links: Vec<Link>,
}

/// A span's status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SpanStatus {
    /// No status was set: the span ended normally.
    #[default]
    Unset,
    /// Marked as successful.
    Ok,
    /// Failed, with a message that may be empty.
    Error(String),
}

/// Maps a span to a record. `resource` holds the attributes of the span's process; `default` is the destination where
/// neither the span nor its resource names an entity, project or stream.
#[must_use]
pub fn record(span: Span, resource: &Attributes, default: &StreamName) -> Record {
    mapped(span, resource, default).into_record()
}

/// Maps a span as [`record`] does, but for its content, which is read later or never.
#[must_use]
pub fn mapped(span: Span, resource: &Attributes, default: &StreamName) -> MappedSpan {
    let mut attributes = span.attributes;
    let stream = destination(&mut attributes, resource, default);
    let ours = attributes.text(names::SPANLOOM_OUTCOME).is_some();
    let failed = matches!(span.status, SpanStatus::Error(_));
    unpack(&mut attributes, &span.name, failed);
    let thrown = event::unpack(span.events, span.links, &mut attributes);
    let mut info = info(&mut attributes);
    let reported = match counts(&info) {
        true => reported(&mut attributes),
        false => Reported::default(),
    };
    let usage = reported.usage;
    info.usage_source = usage.source.map(|source| source.as_str().to_owned());
    let endpoint = endpoint(ours, &info);
    let op_name = endpoint.map_or_else(|| span.name.clone(), |it| it.op_name().to_owned());
    let status = status(span.status, &mut attributes);
    let failed = matches!(status, SpanStatus::Error(_));
    let summary = summary(
        &mut attributes,
        &info,
        &reported,
        failed,
        (span.started_at, span.ended_at),
    );
    if !ours {
        put_origin(&mut attributes, span.kind, span.scope);
    }
    // Some dialects use the session id as the conversation id, so it is read as both.
    let session = attributes.text(names::SESSION_ID).map(str::to_owned);
    let thread_id = attributes.take_text(dialect::CONVERSATION);
    attributes.drop(&[names::SESSION_ID]);
    let (bodies, content) = content(&mut attributes, &info);
    info.rebuilt = bodies.rebuilt;
    let inputs = bodies.inputs.or_else(|| fetched(endpoint, &info));
    let record = Record {
        stream,
        trace_id: span.trace_id,
        // A parent that is sent elsewhere would hide the record from every list of roots.
        parent_id: span.parent_id.filter(|_| info.outer_span_id.is_none()),
        op_name,
        display_name: attributes
            .take_text(dialect::DISPLAY_NAME)
            .or(Some(span.name)),
        started_at: span.started_at,
        ended_at: Some(span.ended_at),
        inputs: inputs.unwrap_or_else(Json::empty),
        output: bodies.output,
        summary: Map::new(),
        exception: exception(&status, info.error_type.as_deref(), thrown),
        turn_id: thread_id.is_some().then(|| span.span_id.clone()),
        thread_id,
        wb_user_id: attributes.take_text(dialect::USER),
        run: None,
        attributes: grouped(attributes, session),
        id: span.span_id,
    };
    MappedSpan {
        record,
        info,
        summary,
        content,
    }
}

/// Takes the content: read, if what is read decides which attributes stay.
fn content(attributes: &mut Attributes, info: &CallInfo) -> (Bodies, UnreadContent) {
    match UnreadContent::take(attributes) {
        Some(content) => (Bodies::default(), content),
        None => (bodies(attributes, info), UnreadContent::default()),
    }
}

/// Adds what a span has besides attributes, and a record does not.
fn put_origin(attributes: &mut Attributes, kind: Option<&'static str>, scope: Option<String>) {
    if let Some(kind) = kind {
        attributes.put("span.kind", kind.into());
    }
    if let Some(scope) = scope {
        attributes.put("scope.name", scope.into());
    }
}

/// Returns whether a span's tokens are its own. A workflow span reports the tokens of all its calls, which have their
/// own spans; so does a span that names neither an operation nor a model.
fn counts(info: &CallInfo) -> bool {
    match info.operation {
        Some(_) => info.is_model_call(),
        None => info.model().is_some(),
    }
}

/// Returns the endpoint of our own call, whose record gets Weave's own op name; other spans keep their names.
fn endpoint(ours: bool, info: &CallInfo) -> Option<Endpoint> {
    let operation = info.operation.as_deref().filter(|_| ours)?;
    Endpoint::from_words(operation, info.api_type.as_deref())
}

/// Returns the id of a fetched response as the inputs, because the fetch has no request body.
fn fetched(endpoint: Option<Endpoint>, info: &CallInfo) -> Option<Json> {
    let id = endpoint.filter(|endpoint| *endpoint == Endpoint::FetchResponse);
    let id = id.and(info.response_id.as_deref())?;
    Some(Json::from_value(&serde_json::json!({"response_id": id})))
}

/// Returns the status of a span, else the error that its attributes report.
fn status(status: SpanStatus, attributes: &mut Attributes) -> SpanStatus {
    match (status, failure(attributes)) {
        (SpanStatus::Unset | SpanStatus::Ok, Some(message)) => SpanStatus::Error(message),
        (status, _) => status,
    }
}

/// Takes the message of an error that the span's attributes report in place of its status (Langfuse).
fn failure(attributes: &mut Attributes) -> Option<String> {
    let is_error = attributes.text("langfuse.observation.level") == Some("ERROR");
    is_error.then(|| {
        let message = attributes.take_text(&["langfuse.observation.status_message"]);
        message.unwrap_or_default()
    })
}

/// Returns the kind and the message of an error: the span's own, else those of the exception that it threw.
fn exception(
    status: &SpanStatus,
    error_type: Option<&str>,
    thrown: Option<Exception>,
) -> Option<String> {
    let SpanStatus::Error(message) = status else {
        return None;
    };
    let (kind, text) = thrown.map_or((None, None), |thrown| (thrown.kind, thrown.message));
    let error_type = error_type.or(kind.as_deref());
    let message = match message.as_str() {
        "" => text.unwrap_or_default(),
        message => message.to_owned(),
    };
    // Some SDKs put the kind before the message already.
    let error_type = error_type.filter(|kind| !message.starts_with(kind));
    match (error_type, message.as_str()) {
        (Some(kind), "") => Some(kind.to_owned()),
        (Some(kind), message) => Some(format!("{kind}: {message}")),
        (None, "") => Some("error".to_owned()),
        (None, message) => Some(message.to_owned()),
    }
}

/// Groups attributes: monitor attributes at the root, the others in `otel` under their dotted names.
fn grouped(mut attributes: Attributes, session: Option<String>) -> Map<String, Value> {
    let mut grouped = monitor(&mut attributes, session);
    if !attributes.is_empty() {
        grouped.insert(
            Record::OTHERS.to_owned(),
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
            attributes: attributes.into_iter().collect(),
            ..Span::default()
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
