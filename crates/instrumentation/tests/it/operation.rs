//! Agents, workflows, tools and retrievals around calls.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use async_openai::types::chat::ChatCompletionMessageToolCall;
use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SpanData;
use serde_json::json;
use spanloom_instrumentation::{
    Action, Content, ContentPolicy, Details, GenAiLayer, MonitorAttributes,
    MonitorAttributesExt as _, Part, Rule,
};

use crate::setup::{Setup, int, request, text};

fn layer(setup: &Setup, content: Content) -> GenAiLayer {
    GenAiLayer::builder(&setup.recorder)
        .with_tracer_provider(&setup.provider)
        .with_content(content)
        .build()
}

/// Returns the spans by name; names are unique in these tests.
fn spans(setup: &Setup, count: usize) -> BTreeMap<String, SpanData> {
    let spans = setup.spans.wait_for(count).unwrap();
    assert_eq!(spans.len(), count, "{spans:#?}");
    spans
        .into_iter()
        .map(|span| (span.name.to_string(), span))
        .collect()
}

fn id(span: &SpanData) -> SpanId {
    span.span_context.span_id()
}

async fn ask(setup: &Setup) {
    setup.client.chat().create(request("hi")).await.unwrap();
}

#[tokio::test]
async fn what_is_called_inside_is_a_child() {
    let setup = Setup::with_content(Content::Messages).await;
    let layer = layer(&setup, Content::Messages);
    let run = layer.workflow("shop").run(async {
        let planner = layer
            .agent("planner")
            .id("a-1")
            .description("plans")
            .version("2");
        planner
            .model("gpt-4o-mini")
            .run(async {
                layer.plan().run(async { Ok::<_, io::Error>(()) }).await?;
                ask(&setup).await;
                let forecast = layer
                    .tool("forecast")
                    .call_id("call_1")
                    .description("weather");
                let result = forecast
                    .arguments(r#"{"city":"Bonn"}"#)
                    .run(async { Ok::<_, io::Error>(json!({"sky": "rain"})) })
                    .await?;
                assert_eq!(result["sky"], "rain");
                let search = layer
                    .retrieval("docs")
                    .top_k(3)
                    .model("text-embedding-3-small");
                let mut found = search.query("umbrellas").enter();
                found.documents(&json!([{"id": "d1", "score": 0.5}]));
                drop(found);
                // A spawned task is inside the operation that made its future.
                let inner = layer.agent("critic").run_infallible(async {});
                tokio::spawn(inner).await.unwrap();
                Ok::<_, io::Error>(())
            })
            .await
    });
    let attributes = MonitorAttributes::new(json!({"experiment": "b"}));
    let attributes = attributes.conversation("c-1").user("u-1");
    run.monitor_attributes(attributes).await.unwrap();
    ask(&setup).await;

    let all = setup.spans.wait_for(8).unwrap();
    assert_eq!(all.len(), 8);
    // The last call is outside.
    let outside = all
        .iter()
        .rfind(|span| span.name.starts_with("chat"))
        .unwrap();
    assert_eq!(outside.parent_span_id, SpanId::INVALID);
    let inside: BTreeMap<&str, &SpanData> = all
        .iter()
        .filter(|span| id(span) != id(outside))
        .map(|span| (&*span.name, span))
        .collect();
    let workflow = inside["invoke_workflow shop"];
    let planner = inside["invoke_agent planner"];
    assert_eq!(workflow.parent_span_id, SpanId::INVALID);
    assert_eq!(planner.parent_span_id, id(workflow));
    for name in [
        "plan planner",
        "chat gpt-4o-mini",
        "execute_tool forecast",
        "retrieval docs",
        "invoke_agent critic",
    ] {
        assert_eq!(inside[name].parent_span_id, id(planner), "{name}");
    }
    for (name, span) in &inside {
        let kind = match name.split(' ').next().unwrap() {
            "chat" | "retrieval" => SpanKind::Client,
            _ => SpanKind::Internal,
        };
        assert_eq!(span.span_kind, kind, "{name}");
        assert_eq!(span.status, Status::Unset, "{name}");
        assert_eq!(text(span, "spanloom.outcome").as_deref(), Some("completed"));
    }
    for (name, attribute, value) in [
        ("invoke_workflow shop", "gen_ai.workflow.name", "shop"),
        ("invoke_workflow shop", "gen_ai.conversation.id", "c-1"),
        (
            "invoke_workflow shop",
            "spanloom.attributes",
            r#"{"experiment":"b"}"#,
        ),
        (
            "invoke_agent planner",
            "gen_ai.operation.name",
            "invoke_agent",
        ),
        ("invoke_agent planner", "gen_ai.agent.name", "planner"),
        ("invoke_agent planner", "gen_ai.agent.id", "a-1"),
        ("invoke_agent planner", "gen_ai.agent.description", "plans"),
        ("invoke_agent planner", "gen_ai.agent.version", "2"),
        (
            "invoke_agent planner",
            "gen_ai.request.model",
            "gpt-4o-mini",
        ),
        ("invoke_agent planner", "gen_ai.conversation.id", "c-1"),
        ("invoke_agent planner", "user.id", "u-1"),
        ("plan planner", "gen_ai.agent.name", "planner"),
        ("chat gpt-4o-mini", "gen_ai.conversation.id", "c-1"),
        ("execute_tool forecast", "gen_ai.tool.name", "forecast"),
        ("execute_tool forecast", "gen_ai.tool.type", "function"),
        ("execute_tool forecast", "gen_ai.tool.call.id", "call_1"),
        ("execute_tool forecast", "gen_ai.agent.name", "planner"),
        (
            "execute_tool forecast",
            "gen_ai.tool.call.arguments",
            r#"{"city":"Bonn"}"#,
        ),
        (
            "execute_tool forecast",
            "gen_ai.tool.call.result",
            r#"{"sky":"rain"}"#,
        ),
        ("retrieval docs", "gen_ai.data_source.id", "docs"),
        ("retrieval docs", "gen_ai.retrieval.query.text", "umbrellas"),
        (
            "retrieval docs",
            "gen_ai.retrieval.documents",
            r#"[{"id":"d1","score":0.5}]"#,
        ),
    ] {
        assert_eq!(
            text(inside[name], attribute).as_deref(),
            Some(value),
            "{name}: {attribute}"
        );
    }
    assert_eq!(
        int(inside["retrieval docs"], "gen_ai.retrieval.top_k"),
        Some(3)
    );
}

#[tokio::test]
async fn errors_cancellations_and_panics_end_operations() {
    let setup = Setup::new().await;
    let layer = layer(&setup, Content::Off);
    let key = ["sk-proj-", "abcdefghijklmnop0123456789"].concat();
    let failed = layer.agent("fails").run(async {
        let error = io::Error::other(format!("refused {key}"));
        layer.tool("inner").run(async { Err::<(), _>(error) }).await
    });
    assert!(failed.await.is_err());
    let never = layer
        .tool("slow")
        .run_infallible(std::future::pending::<()>());
    let late = tokio::time::timeout(Duration::from_millis(1), never).await;
    assert!(late.is_err());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _guard = layer.retrieval("breaks").enter();
        std::panic::resume_unwind(Box::new("given up"));
    }));
    assert!(panicked.is_err());
    layer.workflow("by hand").enter().fail("no stock");
    let spans = spans(&setup, 5);
    for (name, outcome, error, message) in [
        (
            "invoke_agent fails",
            "error",
            "std::io::error::Error",
            "refused [redacted:api_key]",
        ),
        (
            "execute_tool inner",
            "error",
            "std::io::error::Error",
            "refused [redacted:api_key]",
        ),
        ("execute_tool slow", "cancelled", "", ""),
        (
            "retrieval breaks",
            "error",
            "panic",
            "the operation panicked",
        ),
        ("invoke_workflow by hand", "error", "_OTHER", "no stock"),
    ] {
        let span = &spans[name];
        assert_eq!(
            text(span, "spanloom.outcome").as_deref(),
            Some(outcome),
            "{name}"
        );
        assert_eq!(
            text(span, "error.type").unwrap_or_default(),
            error,
            "{name}"
        );
        let status = match message {
            "" => Status::Unset,
            message => Status::error(message.to_owned()),
        };
        assert_eq!(span.status, status, "{name}");
    }
}

#[tokio::test]
async fn content_is_recorded_as_the_policy_says() {
    let setup = Setup::new().await;
    let key = ["sk-proj-", "abcdefghijklmnop0123456789"].concat();
    let call = async |layer: GenAiLayer, name: &str| {
        let tool = layer
            .tool(name)
            .arguments(&json!({"key": key, "city": "Bonn"}));
        tool.run(async { Ok::<_, io::Error>("rain") })
            .await
            .unwrap();
    };
    let with_policy = |policy: ContentPolicy| {
        GenAiLayer::builder(&setup.recorder)
            .with_tracer_provider(&setup.provider)
            .with_content(Content::Bodies)
            .with_content_policy(policy)
            .build()
    };
    call(layer(&setup, Content::Off), "off").await;
    call(layer(&setup, Content::Bodies), "on").await;
    let results = Rule::part(Part::ToolResult);
    call(
        with_policy(ContentPolicy::default().with_rule(results, Action::Mask)),
        "masked",
    )
    .await;
    let large = layer(&setup, Content::Both).tool("large");
    large
        .arguments(&"x".repeat(2 << 20))
        .run_infallible(async {})
        .await;
    let spans = spans(&setup, 4);
    let content = |name: &str| {
        let span = &spans[&format!("execute_tool {name}")];
        ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"].map(|it| text(span, it))
    };
    assert_eq!(content("off"), [None, None]);
    let arguments = r#"{"city":"Bonn","key":"[redacted:api_key]"}"#.to_owned();
    assert_eq!(
        content("on"),
        [Some(arguments.clone()), Some("rain".to_owned())]
    );
    let [masked_arguments, masked_result] = content("masked");
    assert_eq!(masked_arguments, Some(arguments));
    assert!(masked_result.is_some_and(|result| !result.contains("rain")));
    assert_eq!(content("large"), [None, None]);
    let dropped = int(
        &spans["execute_tool large"],
        "spanloom.content.dropped_bytes",
    );
    assert!(dropped.is_some_and(|bytes| bytes > 0));
}

#[tokio::test]
async fn content_of_events_alone_is_on_no_span() {
    let setup = Setup::new().await;
    let layer = GenAiLayer::builder(&setup.recorder)
        .with_tracer_provider(&setup.provider)
        .with_content(Content::Off)
        .with_details(Details::Messages)
        .with_logger_provider(&SdkLoggerProvider::builder().build())
        .build();
    let tool = layer.tool("t").arguments(&json!({"city": "Bonn"}));
    tool.run(async { Ok::<_, io::Error>("rain") })
        .await
        .unwrap();
    let span = setup.span();
    assert_eq!(text(&span, "gen_ai.tool.call.arguments"), None);
    assert_eq!(text(&span, "gen_ai.tool.call.result"), None);
}

#[tokio::test]
async fn an_operation_goes_on_after_its_error_is_noted() {
    let setup = Setup::with_content(Content::Messages).await;
    let layer = layer(&setup, Content::Messages);
    let mut guard = layer.tool("t").enter();
    guard.fail("first try");
    guard.result(&"partly");
    guard.result(&"in the end");
    ask(&setup).await;
    drop(guard);
    let spans = spans(&setup, 2);
    let tool = &spans["execute_tool t"];
    assert_eq!(spans["chat gpt-4o-mini"].parent_span_id, id(tool));
    assert_eq!(
        text(tool, "gen_ai.tool.call.result").as_deref(),
        Some("in the end")
    );
    let results = tool.attributes.iter();
    let results = results.filter(|it| it.key.as_str() == "gen_ai.tool.call.result");
    assert_eq!(results.count(), 1);
}

#[tokio::test]
async fn a_tool_takes_its_call_from_the_models_answer() {
    let setup = Setup::new().await;
    let layer = layer(&setup, Content::Messages);
    let call: ChatCompletionMessageToolCall = serde_json::from_value(json!({
        "id": "call_7",
        "function": {"name": "forecast", "arguments": r#"{"city":"Bonn"}"#},
    }))
    .unwrap();
    layer.tool_call(&call).run_infallible(async {}).await;
    let span = setup.span();
    assert_eq!(span.name, "execute_tool forecast");
    for (name, value) in [
        ("gen_ai.tool.name", "forecast"),
        ("gen_ai.tool.type", "function"),
        ("gen_ai.tool.call.id", "call_7"),
        ("gen_ai.tool.call.arguments", r#"{"city":"Bonn"}"#),
    ] {
        assert_eq!(text(&span, name).as_deref(), Some(value), "{name}");
    }
}
