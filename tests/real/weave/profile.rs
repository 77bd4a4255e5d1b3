//! W&B's own mapping of the spans that the exporter posts to its OTLP endpoints.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, Status, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use serde_json::{Value, json};
use spanloom_exporter::{Destination, Exporter, Profile};
use spanloom_instrumentation::Content;
use spanloom_testkit::Sink;
use spanloom_tests::parts::weave::{MAPPER, run};

use super::ask_through;
use super::kinds::{self, Kinds, LABELS, MODEL, SESSION, USER, labelled};
use crate::model::user;

/// Returns a resource like those of some services, with names that are children of other names.
fn resource() -> Resource {
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", "shop"),
            KeyValue::new("deployment.environment", "prod"),
            KeyValue::new("deployment.environment.name", "production"),
            KeyValue::new("wandb.project", "chatbot"),
        ])
        .build()
}

/// An exporter with that profile, its destination, and the service's provider.
struct Door {
    sink: Sink,
    exporter: Exporter,
    provider: SdkTracerProvider,
    profile: Profile,
}

impl Door {
    async fn new(profile: Profile, resource: Resource) -> Self {
        let sink = Sink::start().await.unwrap();
        let to = match profile {
            Profile::Collector => Destination::otlp_http(&sink.url()),
            Profile::WandbOtlp => Destination::wandb_otlp(&sink.url()),
            Profile::WandbAgents => {
                Destination::wandb_agents(&sink.url()).map(Destination::with_turns)
            }
        };
        let stream = "acme/other/openai_logs".parse().unwrap();
        let exporter = Exporter::builder(stream).with_destination(to.unwrap());
        let exporter = exporter.start().unwrap();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_span_processor(exporter.processor())
            .build();
        Self {
            sink,
            exporter,
            provider,
            profile,
        }
    }

    /// Returns W&B's mapping of everything that was posted.
    async fn mapped(self) -> Value {
        let exporter = self.exporter.clone();
        let flushed = tokio::task::spawn_blocking(move || exporter.flush(Duration::from_secs(10)));
        let receipt = flushed.await.unwrap();
        assert_eq!((receipt.delivered, receipt.rejected), (receipt.received, 0));
        let bodies = self.sink.requests().into_iter().map(|request| {
            assert_eq!(request.path, self.profile.path());
            request.body.to_vec()
        });
        mapped(bodies.collect()).await
    }
}

/// Returns W&B's mapping of calls of all kinds.
async fn asked(profile: Profile, content: Content) -> (Kinds, Value) {
    let door = Door::new(profile, resource()).await;
    let kinds = ask_through(&door.provider, content).await;
    (kinds, door.mapped().await)
}

/// Returns W&B's mapping of a service's spans.
async fn spans(profile: Profile, resource: Resource, make: impl FnOnce(&SdkTracer)) -> Value {
    let door = Door::new(profile, resource).await;
    make(&door.provider.tracer("service"));
    door.mapped().await
}

/// Returns W&B's mapping of requests with these bodies.
async fn mapped(bodies: Vec<Vec<u8>>) -> Value {
    let map = move || {
        let folder = tempfile::tempdir().unwrap();
        let written = bodies.iter().enumerate().map(|(number, body)| {
            let file = folder.path().join(number.to_string());
            std::fs::write(&file, body).unwrap();
            file.display().to_string()
        });
        let files: Vec<String> = written.collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        run(MAPPER, "mapper.py", &files, "http://127.0.0.1:9", b"").unwrap()
    };
    tokio::task::spawn_blocking(map).await.unwrap().remove(0)
}

fn start<'a>(calls: &'a [Value], label: &str) -> &'a Value {
    &labelled(calls, |call| &call["start"]["attributes"], label)["start"]
}

fn end<'a>(calls: &'a [Value], label: &str) -> &'a Value {
    &labelled(calls, |call| &call["start"]["attributes"], label)["end"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_the_providers_own_bodies_its_thread_and_the_users_attributes() {
    let (_, mapped) = asked(Profile::WandbOtlp, Content::Both).await;
    assert_eq!(mapped["rejected"], json!([]));
    assert_eq!(mapped["projects"], json!(["acme/chatbot"]));
    let calls = mapped["calls"].as_array().unwrap();
    assert_eq!(calls.len(), LABELS.len());

    for label in LABELS {
        let (start, end) = (start(calls, label), end(calls, label));
        assert_eq!(start["thread_id"], SESSION, "{label}");
        assert_eq!(start["turn_id"], start["id"], "{label}");
        let attributes = &start["attributes"];
        assert_eq!(
            attributes["params"],
            kinds::attributes(label)["params"],
            "{label}"
        );
        for (name, value) in [
            ("stream", "openai_logs"),
            ("user", USER),
            ("session", SESSION),
        ] {
            assert_eq!(attributes[name], value, "{label}: {attributes:#}");
        }
        assert_eq!(attributes["kind"], "llm", "{label}");
        assert_eq!(attributes["provider"], "openai", "{label}");
        assert_eq!(
            attributes["otel"]["server"]["address"], "127.0.0.1",
            "{label}: {attributes:#}"
        );
        assert!(
            attributes["spanloom"]["attempts"].is_i64(),
            "{label}: {attributes:#}"
        );
        // Content is in inputs and output only.
        for only_there in ["messages", "definitions", "system_instructions"] {
            assert!(
                !attributes.to_string().contains(only_there),
                "{label}: {attributes:#}"
            );
        }
        let raw = &start["otel_dump"]["attributes"]["spanloom"];
        assert_eq!(
            *raw,
            Value::Null,
            "{label}: what it does not read it is not given"
        );
        let failed = label == "failed";
        assert_eq!(end["exception"].is_string(), failed, "{label}: {end:#}");
        let status = if failed { "error" } else { "success" };
        assert_eq!(end["summary"]["weave"]["status"], status, "{label}");
    }

    let plain = start(calls, "plain");
    assert_eq!(
        plain["inputs"],
        user("what is 2+2?"),
        "the request itself, at the root"
    );
    let answer = &end(calls, "plain")["output"];
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["choices"][0]["message"]["role"], "assistant");
    let streamed = &end(calls, "streamed")["output"];
    assert_eq!(
        streamed["object"], "chat.completion",
        "put together: {streamed:#}"
    );
    assert!(
        streamed["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .len()
            > 20
    );
    assert_eq!(
        start(calls, "tool")["inputs"]["tools"],
        kinds::tool_request()["tools"]
    );
    let call = &end(calls, "tool")["output"]["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["function"]["name"], "get_weather");
    let response = start(calls, "response");
    let mut asked = kinds::response_request();
    // The chat view shows a call of this API if the call has a client.
    asked["self"] = json!({"client": {"server_address": "127.0.0.1"}});
    assert_eq!(response["inputs"], asked);
    assert_eq!(end(calls, "response")["output"], kinds::response_answer());
    assert_eq!(start(calls, "embedding")["inputs"]["input"], "life");
    let exception = end(calls, "failed")["exception"].as_str().unwrap();
    assert!(
        exception.contains("context") && exception.contains(": "),
        "{exception}"
    );
    assert_eq!(
        start(calls, "cancelled")["attributes"]["spanloom"]["outcome"],
        "cancelled"
    );
    let resource = &plain["otel_dump"]["resource"]["attributes"]["deployment"]["environment"];
    assert_eq!(*resource, json!({"value": "prod", "name": "production"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_once_and_cost_what_wandb_says() {
    let (kinds, mapped) = asked(Profile::WandbOtlp, Content::Both).await;
    let calls = mapped["calls"].as_array().unwrap();
    let lines: String = calls
        .iter()
        .map(|call| {
            let (start, end) = (&call["start"], &call["end"]);
            let line = json!({"id": start["id"], "started_at": start["started_at"], "summary": end["summary"]});
            format!("{line}\n")
        })
        .collect();
    let costs = super::costs(lines).await;

    let answer = &kinds.model.answers()[0];
    let asked = answer.usage.unwrap();
    let plain = (asked.prompt_tokens, 0, asked.completion_tokens);
    for (label, (input, cached, output)) in [("plain", plain), ("response", (2_048, 1_024, 40))] {
        let usage = &end(calls, label)["summary"]["usage"][MODEL];
        assert_eq!(usage["input_tokens"], input, "{label}: {usage:#}");
        assert_eq!(usage["output_tokens"], output, "{label}");
        assert_eq!(usage["total_tokens"], input + output, "{label}");
        for second_family in ["prompt_tokens", "completion_tokens"] {
            assert_eq!(usage[second_family], Value::Null, "{label}");
        }
        let start = start(calls, label);
        let cost = &costs[start["id"].as_str().unwrap()]["costs"][MODEL];
        assert_eq!(
            (&cost["prompt_tokens"], &cost["completion_tokens"]),
            (&json!(input), &json!(output))
        );
        assert_eq!(cost["cache_read_input_tokens"], cached, "{label}");
        let ours = start["attributes"]["spanloom"]["cost"]["total_usd"]
            .as_f64()
            .unwrap();
        let theirs = super::total(cost);
        assert!(
            theirs > 0.0 && (ours - theirs).abs() < 1e-12,
            "{label}: {ours} and {theirs}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_bodies_the_messages_are_the_inputs() {
    let (_, mapped) = asked(Profile::WandbOtlp, Content::Messages).await;
    assert_eq!(mapped["rejected"], json!([]));
    let calls = mapped["calls"].as_array().unwrap();
    let said = |messages: &Value| messages[0]["parts"][0]["content"].clone();
    let inputs = &start(calls, "plain")["inputs"];
    assert_eq!(said(&inputs["gen_ai.input.messages"]), "what is 2+2?");
    let output = &end(calls, "plain")["output"];
    assert!(
        said(&output["gen_ai.output.messages"])
            .as_str()
            .unwrap()
            .contains('4'),
        "{output:#}"
    );
    let system = &start(calls, "response")["attributes"]["system"];
    assert_eq!(system[0]["content"], "Be short.");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_view_gets_a_turn_around_a_call_of_a_conversation() {
    let mapped = spans(Profile::WandbAgents, resource(), |tracer| {
        let attributes = [
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.conversation.id", "c-1"),
            ("spanloom.conversation.name", "Order 4711"),
            ("user.id", "u-1"),
        ];
        let mut span = tracer.start("chat m");
        for (name, value) in attributes {
            span.set_attribute(KeyValue::new(name, value));
        }
        span.set_attribute(KeyValue::new("gen_ai.usage.reasoning.output_tokens", 7));
        span.end();
    })
    .await;
    assert_eq!(mapped["rejected"], json!([]));
    let rows = mapped["agents"].as_array().unwrap();
    let row = |operation: &str| {
        let found = rows.iter().find(|row| row["operation_name"] == operation);
        found.unwrap_or_else(|| panic!("{operation}: {mapped:#}"))
    };
    let (turn, call) = (row("invoke_agent"), row("chat"));
    assert_eq!(rows.len(), 2);
    assert_eq!(call["parent_span_id"], turn["span_id"]);
    assert_eq!(call["trace_id"], turn["trace_id"]);
    for row in [turn, call] {
        assert_eq!(row["conversation_id"], "c-1");
        assert_eq!(row["conversation_name"], "Order 4711");
        assert_eq!(row["agent_name"], "openai_logs");
        assert_eq!(row["custom_attrs_string"]["user.id"], "u-1");
    }
    // Counted once, and under no name of its own.
    assert_eq!(
        (&turn["reasoning_tokens"], &call["reasoning_tokens"]),
        (&json!(0), &json!(7))
    );
    assert_eq!(call["custom_attrs_int"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_view_gets_its_columns() {
    for content in [Content::Both, Content::Bodies] {
        let (_, mapped) = asked(Profile::WandbAgents, content).await;
        assert_eq!(mapped["rejected"], json!([]));
        let rows = mapped["agents"].as_array().unwrap();
        let row = |label| labelled(rows, |row| &row["custom_attrs_string"], label);
        for label in LABELS {
            let row = row(label);
            assert_eq!(row["conversation_id"], SESSION, "{label}");
            assert_eq!(row["agent_name"], "openai_logs", "{label}");
            assert_eq!(row["provider_name"], "openai", "{label}");
            let custom = &row["custom_attrs_string"];
            assert_eq!(custom["stream"], "openai_logs", "{label}: {custom:#}");
            assert_eq!(custom["user.id"], USER, "{label}");
            assert_eq!(
                row["custom_attrs_float"]["params.temperature"], 0.5,
                "{label}"
            );
            let raw: Value =
                serde_json::from_str(row["attributes_dump"].as_str().unwrap()).unwrap();
            for body in ["request", "response"] {
                assert_eq!(raw["spanloom"][body], Value::Null, "{label}");
            }
        }
        let plain = row("plain");
        assert_eq!(
            (&plain["operation_name"], &plain["request_model"]),
            (&json!("chat"), &json!("gpt-4o-mini"))
        );
        assert_eq!(
            (&plain["response_model"], &plain["finish_reasons"]),
            (&json!(MODEL), &json!(["stop"]))
        );
        let message =
            |row: &Value, name: &str| row[name][0]["content"].as_str().unwrap().to_owned();
        assert!(message(plain, "input_messages").contains("what is 2+2?"));
        assert!(message(plain, "output_messages").contains('4'));
        let response = row("response");
        let counts = [
            "input_tokens",
            "output_tokens",
            "reasoning_tokens",
            "cache_read_input_tokens",
        ];
        assert_eq!(
            counts.map(|name| response[name].as_u64().unwrap()),
            [2_048, 40, 30, 1_024]
        );
        assert_eq!(response["system_instructions"], json!(["Be short."]));
        assert!(
            row("tool")["tool_definitions"]
                .as_str()
                .unwrap()
                .contains("get_weather")
        );
        let failed = row("failed");
        assert_eq!(failed["status_code"], "ERROR");
        assert!(!failed["error_type"].as_str().unwrap().is_empty());
        assert_eq!(row("embedding")["operation_name"], "embeddings");
    }
}

/// A span in the format of older instrumentations: messages by number, tokens in two families.
#[tokio::test(flavor = "multi_thread")]
async fn another_dialects_tokens_are_not_added_up() {
    let make = |tracer: &SdkTracer| {
        let mut span = tracer.start("openai.chat");
        span.set_attributes([
            KeyValue::new("gen_ai.system", "openai"),
            KeyValue::new("gen_ai.request.model", "gpt-4o-mini"),
            KeyValue::new("gen_ai.prompt.0.role", "user"),
            KeyValue::new("gen_ai.prompt.0.content", "hi"),
            KeyValue::new("gen_ai.prompt.name", "greet"),
            KeyValue::new("gen_ai.completion.0.role", "assistant"),
            KeyValue::new("gen_ai.completion.0.content", "ho"),
            KeyValue::new("gen_ai.usage.input_tokens", 1_000),
            KeyValue::new("gen_ai.usage.prompt_tokens", 1_000),
            KeyValue::new("gen_ai.usage.output_tokens", 100),
            KeyValue::new("llm.token_count.completion", 100),
            KeyValue::new("gen_ai.usage.cache_write.input_tokens", 7),
            KeyValue::new("openinference.span.kind", "LLM"),
        ]);
        span.end();
    };
    let mut cost = Vec::new();
    for profile in [Profile::Collector, Profile::WandbOtlp] {
        let mapped = spans(profile, Resource::builder_empty().build(), make).await;
        let call = &mapped["calls"][0];
        let (start, end) = (&call["start"], &call["end"]);
        let line =
            json!({"id": "it", "started_at": start["started_at"], "summary": end["summary"]});
        let reckoned = super::costs(format!("{line}\n")).await;
        cost.push(reckoned["it"]["costs"]["gpt-4o-mini"].clone());
        if profile == Profile::WandbOtlp {
            let said = &start["inputs"]["gen_ai.prompt"];
            assert_eq!(
                said.as_object().map_or(1, serde_json::Map::len),
                1,
                "messages only: {said}"
            );
            assert_eq!(
                start["attributes"]["otel"]["gen_ai"]["prompt"]["name"],
                "greet"
            );
            assert_eq!(start["attributes"]["kind"], "LLM");
            let usage = &end["summary"]["usage"]["gpt-4o-mini"];
            assert_eq!(usage["cache_creation_input_tokens"], 7);
        }
    }
    // The test can fail: with the collector's profile, W&B counts everything twice.
    let tokens = |cost: &Value| ["prompt_tokens", "completion_tokens"].map(|it| cost[it].as_u64());
    assert_eq!(tokens(&cost[0]), [Some(2_000), Some(200)]);
    assert_eq!(tokens(&cost[1]), [Some(1_000), Some(100)]);
}

/// Arbitrary spans, with names that their reader would refuse, together in every place it looks.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_rejected_and_nothing_is_raw() {
    let make = |tracer: &SdkTracer| {
        let tangled = || {
            vec![
                KeyValue::new("error", "late"),
                KeyValue::new("error.type", "timeout"),
                KeyValue::new("gen_ai.prompt.name", "greet"),
                KeyValue::new("wandb", 1),
            ]
        };
        let mut span = tracer.start("GET /checkout");
        span.set_attributes(tangled());
        span.add_event("tangled", tangled());
        span.set_status(Status::error("late"));
        span.end();
    };
    // The test can fail: with the collector's profile, W&B refuses it.
    let refused = spans(Profile::Collector, Resource::builder_empty().build(), make).await;
    assert_eq!(
        refused["rejected"].as_array().unwrap().len(),
        1,
        "{refused:#}"
    );

    let mapped = spans(Profile::WandbOtlp, resource(), make).await;
    assert_eq!(mapped["rejected"], json!([]));
    let call = &mapped["calls"][0];
    assert_eq!(
        call["start"]["attributes"],
        json!({"kind": "task", "stream": "openai_logs", "otel": {
            "error": {"type": "timeout", "value": "late"}, "gen_ai": {"prompt": {"name": "greet"}}, "wandb": 1}})
    );
    assert_eq!(
        call["start"]["inputs"],
        json!({}),
        "a prompt's name is no input"
    );
    assert_eq!(call["end"]["exception"], "timeout: late");
}
