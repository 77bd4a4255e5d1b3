//! One fixture per behaviour. `tests/real/weave` checks that W&B's own code reads them as intended.

use opentelemetry::trace::{Event, Link, SpanContext};
use opentelemetry::{Array, StringValue};
use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
use serde_json::{Value as Json, json};

use super::*;
use crate::span::json as of_value;

fn stream() -> StreamName {
    StreamName::parse("acme/chatbot/openai_logs", None).unwrap()
}

/// Returns a span with these attributes, given as JSON.
fn span(attributes: &Json) -> SpanData {
    let attributes = attributes.as_object().unwrap().iter();
    let attributes = attributes.map(|(name, value)| {
        let value = match value {
            Json::Bool(value) => Value::from(*value),
            Json::Number(number) if number.is_i64() => Value::I64(number.as_i64().unwrap()),
            Json::Number(number) => Value::F64(number.as_f64().unwrap()),
            Json::String(text) => Value::from(text.clone()),
            Json::Array(texts) => {
                let texts = texts.iter().map(|text| text.as_str().unwrap().to_owned());
                Value::Array(Array::String(texts.map(StringValue::from).collect()))
            }
            other => panic!("no attribute: {other}"),
        };
        KeyValue::new(name.clone(), value)
    });
    SpanData {
        span_context: SpanContext::empty_context(),
        parent_span_id: SpanId::from_bytes([7; 8]),
        parent_span_is_remote: true,
        span_kind: opentelemetry::trace::SpanKind::Client,
        name: "chat gpt-4o-mini".into(),
        start_time: std::time::UNIX_EPOCH,
        end_time: std::time::UNIX_EPOCH,
        attributes: attributes.collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: opentelemetry::InstrumentationScope::builder("test").build(),
    }
}

/// Returns attributes as JSON, with `wandb.attributes` parsed.
fn shown(attributes: &[KeyValue]) -> Json {
    let attributes = attributes.iter().map(|it| {
        let value = of_value(it.value.clone());
        let value = match it.key.as_str() {
            "wandb.attributes" => serde_json::from_str(value.as_str().unwrap()).unwrap(),
            _ => value,
        };
        (it.key.as_str().to_owned(), value)
    });
    let shown: serde_json::Map<_, _> = attributes.collect();
    shown.into()
}

fn calls(attributes: &Json) -> Json {
    shown(
        &Profile::WandbOtlp
            .span(span(attributes), &stream())
            .attributes,
    )
}

fn agents(attributes: &Json) -> Json {
    shown(
        &Profile::WandbAgents
            .span(span(attributes), &stream())
            .attributes,
    )
}

/// Returns the root of the call's attributes.
fn root(attributes: &Json) -> Json {
    calls(attributes)["wandb.attributes"].take()
}

#[test]
fn a_collector_gets_all_but_the_bodies() {
    let given = json!({"gen_ai.operation.name": "chat", "spanloom.request": "{}", "spanloom.response": "{}",
        "error": "x", "error.type": "y", "spanloom.attributes": "{}", "gen_ai.input.messages": "[]"});
    let got = shown(&Profile::Collector.span(span(&given), &stream()).attributes);
    let mut kept = given;
    for body in ["spanloom.request", "spanloom.response"] {
        kept.as_object_mut().unwrap().remove(body);
    }
    assert_eq!(got, kept);
    let resource = Resource::builder_empty()
        .with_attributes([KeyValue::new("a", 1), KeyValue::new("a.b", 2)])
        .build();
    assert_eq!(Profile::Collector.resource(&resource, &stream()), resource);
}

#[test]
fn the_bodies_are_input_and_output_and_nothing_hides_them() {
    let got = calls(&json!({
        "spanloom.request": r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#,
        "spanloom.response": r#"{"choices":[]}"#,
        "gen_ai.input.messages": "[1]", "gen_ai.output.messages": "[2]", "gen_ai.system_instructions": "[3]",
        "gen_ai.tool.definitions": "[4]", "gen_ai.prompt.0.content": "x", "input.value": "y", "output.value": "z",
    }));
    let mut names: Vec<&String> = got.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        names,
        ["input", "output", "wandb.attributes", "weave.span.kind"]
    );
    assert_eq!(
        got["input"],
        r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#
    );
    assert_eq!(got["output"], r#"{"choices":[]}"#);
    assert_eq!(got["wandb.attributes"], json!({"stream": "openai_logs"}));
}

#[test]
fn a_response_has_its_client_among_the_inputs() {
    let got = calls(
        &json!({"gen_ai.operation.name": "chat", "openai.api.type": "responses", "server.address": "h",
        "spanloom.request": r#"{"input":"hi"}"#}),
    );
    assert_eq!(
        got["input"],
        r#"{"self":{"client":{"server_address":"h"}},"input":"hi"}"#
    );
    assert_eq!(got["wandb.attributes"]["otel"]["server"]["address"], "h");
}

#[test]
fn without_bodies_the_messages_stay() {
    let messages = json!({"gen_ai.input.messages": "[1]", "gen_ai.output.messages": "[2]", "gen_ai.system_instructions": "[3]"});
    let got = calls(&messages);
    for (name, value) in messages.as_object().unwrap() {
        assert_eq!(&got[name], value, "{name}");
    }
    // A cut body is no longer JSON.
    let mut cut = messages;
    cut["spanloom.request"] = r#"{"messages":[{"#.into();
    let got = calls(&cut);
    assert_eq!(
        (&got["gen_ai.input.messages"], &got["input"]),
        (&json!("[1]"), &Json::Null)
    );
    assert!(!got.to_string().contains("spanloom.request"));
    assert_eq!(
        calls(&json!({"spanloom.request": "{\"mess"}))["input"],
        "{\"mess"
    );
}

#[test]
fn tokens_have_one_name() {
    let both = calls(
        &json!({"gen_ai.usage.input_tokens": 3, "gen_ai.usage.prompt_tokens": 3, "llm.token_count.prompt": 3,
        "gen_ai.usage.completion_tokens": 2, "llm.token_count.completion": 2, "gen_ai.usage.cache_write.input_tokens": 1}),
    );
    assert_eq!(both["gen_ai.usage.input_tokens"], 3);
    assert_eq!(both["gen_ai.usage.output_tokens"], 2);
    assert_eq!(both["gen_ai.usage.cache_creation.input_tokens"], 1);
    for second in [
        "gen_ai.usage.prompt_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.prompt",
        "llm.token_count.completion",
        "gen_ai.usage.cache_write.input_tokens",
    ] {
        assert_eq!(both[second], Json::Null, "{second}");
    }
    // Unread names are not lost.
    let otel = &both["wandb.attributes"]["otel"];
    assert_eq!(otel["gen_ai"]["usage"]["prompt_tokens"], 3);
    assert_eq!(
        otel["llm"]["token_count"],
        json!({"prompt": 3, "completion": 2})
    );
    let reasoning = json!({"llm.token_count.completion_details.reasoning": 7});
    assert_eq!(
        agents(&reasoning)["gen_ai.usage.reasoning.output_tokens"],
        7
    );
}

#[test]
fn what_is_not_read_is_in_the_attributes() {
    let given = json!({"gen_ai.prompt.name": "greet", "gen_ai.prompt.variable.who": "you", "server.address": "h", "server.port": 80,
        "spanloom.cost.total_usd": 0.5, "spanloom.outcome": "completed", "http.route": "/x", "openai.api.type": "responses",
        "gen_ai.request.temperature": 0.5, "gen_ai.response.model": "m", "list": ["a", "b"], "json": "{\"a\":[1]}"});
    assert_eq!(
        root(&given),
        json!({"stream": "openai_logs",
            "spanloom": {"cost": {"total_usd": 0.5}, "outcome": "completed"},
            "otel": {"gen_ai": {"prompt": {"name": "greet", "variable": {"who": "you"}}},
                "server": {"address": "h", "port": 80}, "http": {"route": "/x"}, "openai": {"api": {"type": "responses"}},
                "list": ["a", "b"], "json": {"a": [1]}}})
    );
    let got = calls(&given);
    assert_eq!(got["gen_ai.request.temperature"], 0.5);
    assert_eq!(got["gen_ai.response.model"], "m");
    assert_eq!(got.as_object().unwrap().len(), 4, "{got:#}");
    // Messages in the old form are not variables.
    assert_eq!(
        calls(&json!({"gen_ai.prompt.0.role": "user"}))["gen_ai.prompt.0.role"],
        "user"
    );
}

#[test]
fn the_users_attributes_are_at_the_root() {
    let given = json!({"spanloom.attributes": r#"{"tenant":"blue","stream":true,"otel":1,"params":{"t":0.5}}"#,
        "wandb.attributes": r#"{"a":1,"tenant":"red"}"#, "wandb.attributes.b": 2, "spanloom.tenant": "t",
        "session.id": "s", "user.id": "u", "spanloom.stream": "elsewhere"});
    assert_eq!(
        root(&given),
        json!({"tenant": "blue", "stream_": true, "otel_": 1, "params": {"t": 0.5}, "a": 1, "b": 2,
            "session": "s", "user": "u", "stream": "openai_logs"})
    );
    let got = agents(&given);
    for (name, value) in [
        ("tenant", json!("blue")),
        ("stream_", json!(true)),
        ("otel", json!(1)),
        ("a", json!(1)),
        ("b", json!(2)),
        ("stream", json!("openai_logs")),
        ("params", json!(r#"{"t":0.5}"#)),
        ("user.id", json!("u")),
    ] {
        assert_eq!(got[name], value, "{name}: {got:#}");
    }
}

#[test]
fn a_session_is_the_thread_where_there_is_no_conversation() {
    let got = calls(&json!({"session.id": "s"}));
    assert_eq!(
        (&got["wandb.thread_id"], &got["wandb.is_turn"]),
        (&json!("s"), &json!(true))
    );
    let got = calls(&json!({"session.id": "s", "gen_ai.conversation.id": "c"}));
    assert_eq!(
        (&got["wandb.thread_id"], &got["gen_ai.conversation.id"]),
        (&Json::Null, &json!("c"))
    );
    assert_eq!(
        agents(&json!({"session.id": "s"}))["gen_ai.conversation.id"],
        "s"
    );
    assert_eq!(
        agents(&json!({"session.id": "s", "gen_ai.conversation.id": "c"}))["gen_ai.conversation.id"],
        "c"
    );
}

#[test]
fn agents_get_names_of_their_list() {
    let got = agents(
        &json!({"spanloom.conversation.name": "Order 4711", "gen_ai.conversation.id": "c",
        "gen_ai.usage.reasoning.output_tokens": 7}),
    );
    assert_eq!(got["gen_ai.conversation.name"], "Order 4711");
    assert_eq!(got["spanloom.conversation.name"], Json::Null);
    for name in [
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
    ] {
        assert_eq!(got[name], 7, "{name}");
    }
    let named = calls(&json!({"spanloom.conversation.name": "Order 4711"}));
    assert_eq!(
        named["wandb.attributes"]["spanloom"]["conversation"]["name"],
        "Order 4711"
    );
}

/// Returns the turn and the call as an agents destination gets them.
fn in_a_turn(attributes: &Json, parent: SpanId) -> (Option<SpanData>, SpanData) {
    let mut call = span(attributes);
    call.span_context = SpanContext::new(
        1_u128.into(),
        2_u64.into(),
        opentelemetry::TraceFlags::SAMPLED,
        false,
        opentelemetry::trace::TraceState::default(),
    );
    call.parent_span_id = parent;
    call.status = Status::error("late");
    let mut call = Profile::WandbAgents.span(call, &stream());
    (Profile::WandbAgents.turn(&mut call), call)
}

#[test]
fn a_call_of_a_conversation_gets_a_turn() {
    let given = json!({"gen_ai.operation.name": "chat", "gen_ai.conversation.id": "c", "user.id": "u",
        "gen_ai.provider.name": "openai", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 7,
        "gen_ai.input.messages": "[1]", "spanloom.conversation.name": "Order 4711", "error.type": "timeout",
        "spanloom.attributes": r#"{"experiment":"b"}"#});
    let (turn, call) = in_a_turn(&given, SpanId::INVALID);
    let turn = turn.unwrap();
    assert_eq!(turn.name, "invoke_agent openai_logs");
    assert_eq!(
        (turn.parent_span_id, call.parent_span_id),
        (SpanId::INVALID, turn.span_context.span_id())
    );
    assert_eq!(turn.span_context.trace_id(), call.span_context.trace_id());
    assert_ne!(turn.span_context.span_id(), call.span_context.span_id());
    assert_eq!(
        (turn.start_time, turn.end_time, &turn.status),
        (call.start_time, call.end_time, &call.status)
    );
    assert_eq!(
        shown(&turn.attributes),
        json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "openai_logs", "stream": "openai_logs",
            "gen_ai.conversation.id": "c", "gen_ai.conversation.name": "Order 4711", "user.id": "u",
            "gen_ai.provider.name": "openai", "gen_ai.request.model": "m", "error.type": "timeout"})
    );
    let (again, _) = in_a_turn(&given, SpanId::INVALID);
    assert_eq!(again.unwrap().span_context, turn.span_context);
    // A call below another span is part of what that span is.
    assert!(in_a_turn(&given, SpanId::from_bytes([7; 8])).0.is_none());
    for (name, value) in [
        ("gen_ai.conversation.id", Json::from("")),
        ("gen_ai.operation.name", "embeddings".into()),
        ("gen_ai.operation.name", "invoke_agent".into()),
    ] {
        let mut other = given.clone();
        other[name] = value;
        assert!(in_a_turn(&other, SpanId::INVALID).0.is_none(), "{other}");
    }
    // A parent that was sent elsewhere is none here.
    let mut outer = given;
    outer["spanloom.outer_span_id"] = "0707070707070707".into();
    assert!(in_a_turn(&outer, SpanId::from_bytes([7; 8])).0.is_some());
}

#[test]
fn no_name_stands_beside_its_child() {
    let given = json!({"error": "late", "error.type": "timeout", "gen_ai.request": "x", "gen_ai.request.model": "m",
        "gen_ai.prompt": "p", "gen_ai.prompt.0.role": "user", "wandb": 1});
    let names_of = |got: &Json| {
        let names = got.as_object().unwrap().keys();
        names.cloned().collect::<Vec<_>>()
    };
    for got in [calls(&given), agents(&given)] {
        let names = names_of(&got);
        for name in &names {
            assert!(
                !names
                    .iter()
                    .any(|other| dotted_names::is_child(other, name)),
                "{name} in {got:#}"
            );
        }
    }
    let otel = &root(&given)["otel"];
    assert_eq!(otel["error"], json!({"type": "timeout", "value": "late"}));
    assert_eq!(
        (&otel["gen_ai"]["request"], &otel["gen_ai"]["prompt"]),
        (&json!("x"), &json!("p"))
    );

    let mut tangled = span(&given);
    let pairs = || {
        vec![
            KeyValue::new("error", "x"),
            KeyValue::new("error.type", "y"),
        ]
    };
    tangled
        .events
        .events
        .push(Event::new("e", std::time::UNIX_EPOCH, pairs(), 0));
    tangled
        .links
        .links
        .push(Link::new(SpanContext::empty_context(), pairs(), 0));
    let got = Profile::WandbOtlp.span(tangled, &stream());
    let untangled = json!({"error.value": "x", "error.type": "y"});
    assert_eq!(shown(&got.events.events[0].attributes), untangled);
    assert_eq!(shown(&got.links.links[0].attributes), untangled);
}

#[test]
fn the_resource_names_entity_and_project_once() {
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("wandb.entity", "other"),
            KeyValue::new("deployment.environment", "prod"),
            KeyValue::new("deployment.environment.name", "production"),
        ])
        .build();
    let got = Profile::WandbOtlp.resource(&resource, &stream());
    let pairs = got
        .iter()
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    assert_eq!(
        shown(&pairs.collect::<Vec<_>>()),
        json!({"wandb.entity": "acme", "wandb.project": "chatbot",
            "deployment.environment.value": "prod", "deployment.environment.name": "production"})
    );
}

#[test]
fn a_span_says_where_it_belongs_else_its_resource_does() {
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("wandb.project", "shop"),
            KeyValue::new("spanloom.stream", "a/b"),
        ])
        .build();
    let of = |attributes| stream_of(&span(&attributes), &resource, &stream()).to_string();
    assert_eq!(
        of(json!({})),
        "acme/shop/openai_logs",
        "an impossible name is none"
    );
    assert_eq!(
        of(json!({"spanloom.entity": "zoo", "wandb.project": "cage", "spanloom.stream": "s"})),
        "zoo/cage/s"
    );
}

#[test]
fn a_parent_that_goes_elsewhere_is_none() {
    let given = json!({"spanloom.outer_span_id": "0707070707070707"});
    for profile in [Profile::WandbOtlp, Profile::WandbAgents] {
        let got = profile.span(span(&given), &stream());
        assert_eq!(
            (got.parent_span_id, got.parent_span_is_remote),
            (SpanId::INVALID, false)
        );
        assert_eq!(
            profile.span(span(&json!({})), &stream()).parent_span_id,
            SpanId::from_bytes([7; 8])
        );
    }
    let got = Profile::Collector.span(span(&given), &stream());
    assert_eq!(got.parent_span_id, SpanId::from_bytes([7; 8]));
}

#[test]
fn the_exception_has_type_and_message() {
    for (attributes, message, exception) in [
        (json!({"error.type": "timeout"}), "late", "timeout: late"),
        (json!({"error.type": "timeout"}), "", "timeout"),
        (json!({}), "late", "late"),
        (json!({}), "", "error"),
    ] {
        let mut failed = span(&attributes);
        failed.status = Status::error(message);
        let got = Profile::WandbOtlp.span(failed, &stream()).status;
        assert_eq!(got, Status::error(exception));
    }
    assert_eq!(
        Profile::WandbOtlp.span(span(&json!({})), &stream()).status,
        Status::Unset
    );
}

#[test]
fn a_span_of_anything_has_a_kind_and_a_long_name_is_shown_whole() {
    assert_eq!(calls(&json!({}))["weave.span.kind"], "task");
    assert_eq!(
        calls(&json!({"gen_ai.operation.name": "execute_tool"}))["weave.span.kind"],
        "tool"
    );
    assert_eq!(
        calls(&json!({"openinference.span.kind": "LLM"}))["weave.span.kind"],
        Json::Null
    );
    let mut long = span(&json!({}));
    long.name = "é".repeat(2_000).into();
    let got = shown(&Profile::WandbOtlp.span(long, &stream()).attributes);
    assert_eq!(got["wandb.display_name"], "é".repeat(1_024));
    assert_eq!(calls(&json!({}))["wandb.display_name"], Json::Null);
}

#[test]
fn agents_get_messages_from_the_bodies_where_there_are_no_others() {
    let bodies = json!({"gen_ai.operation.name": "chat", "openai.api.type": "chat_completions",
        "spanloom.request": r#"{"messages":[{"role":"user","content":"hi"}]}"#,
        "spanloom.response": r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"ho"},"finish_reason":"stop"}]}"#});
    let got = agents(&bodies);
    let messages = |name: &str| serde_json::from_str::<Json>(got[name].as_str().unwrap()).unwrap();
    assert_eq!(
        messages("gen_ai.input.messages")[0]["parts"][0]["content"],
        "hi"
    );
    assert_eq!(
        messages("gen_ai.output.messages")[0]["parts"][0]["content"],
        "ho"
    );
    assert!(!got.to_string().contains("spanloom.re"), "{got:#}");
    assert_eq!(got["gen_ai.agent.name"], "openai_logs");
    let mut own = bodies;
    own["gen_ai.input.messages"] = "[7]".into();
    own["gen_ai.agent.name"] = "helper".into();
    let got = agents(&own);
    assert_eq!(
        (&got["gen_ai.input.messages"], &got["gen_ai.agent.name"]),
        (&json!("[7]"), &json!("helper"))
    );
    assert_eq!(agents(&json!({}))["gen_ai.agent.name"], Json::Null);
}

#[test]
fn a_users_key_means_nothing_of_the_conventions() {
    let got = agents(&json!({"server.address": "h", "spanloom.attributes":
        r#"{"gen_ai.operation.name":"x","weave":{"a":1},"server":"mine","big":18446744073709551615,"none":null}"#}));
    assert_eq!(
        got,
        json!({"stream": "openai_logs", "server.address": "h", "server_": "mine", "gen_ai_.operation.name": "x",
            "weave_": "{\"a\":1}", "big": 18446744073709551615.0})
    );
}
