//! Log events: operation details and exceptions.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use opentelemetry::Key;
use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLogRecord, SdkLoggerProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use serde_json::json;
use spanloom_instrumentation::{
    Action, Content, ContentPolicy, Details, Evaluation, GenAiLayer, GenAiLayerBuilder,
    MonitorAttributes, MonitorAttributesExt as _, RecordedCall, Recorder, Rule,
};
use spanloom_testkit::{Fault, ModelServer, SpanRecorder};

use crate::setup::request;

pub(crate) const DETAILS: &str = "gen_ai.client.inference.operation.details";
const EXCEPTION: &str = "gen_ai.client.operation.exception";

/// A client whose layer emits every signal.
pub(crate) struct Told {
    pub(crate) server: ModelServer,
    pub(crate) client: Client<OpenAIConfig>,
    pub(crate) spans: SpanRecorder,
    pub(crate) recorder: Recorder,
    layer: GenAiLayer,
    logs: InMemoryLogExporter,
}

impl Told {
    pub(crate) async fn by(settings: impl FnOnce(GenAiLayerBuilder) -> GenAiLayerBuilder) -> Self {
        let spans = SpanRecorder::new();
        let provider = spans.provider();
        Self::with(&provider, spans, settings).await
    }

    async fn with(
        provider: &SdkTracerProvider,
        spans: SpanRecorder,
        settings: impl FnOnce(GenAiLayerBuilder) -> GenAiLayerBuilder,
    ) -> Self {
        let server = ModelServer::builder().start().await.unwrap();
        let logs = InMemoryLogExporter::default();
        let logger = SdkLoggerProvider::builder()
            .with_simple_exporter(logs.clone())
            .build();
        let recorder = Recorder::start().unwrap();
        let builder = GenAiLayer::builder(&recorder)
            .with_tracer_provider(provider)
            .with_logger_provider(&logger);
        let layer = settings(builder).build();
        let config = OpenAIConfig::new()
            .with_api_base(server.base_url())
            .with_api_key("sk-test");
        let client =
            Client::with_config(config).with_http_service(layer.stack(reqwest::Client::new()));
        Self {
            server,
            client,
            spans,
            recorder,
            layer,
            logs,
        }
    }

    /// Returns the events of this name.
    pub(crate) fn events(&self, name: &str) -> Vec<SdkLogRecord> {
        self.recorder
            .flush(std::time::Duration::from_secs(5))
            .unwrap();
        let logs = self.logs.get_emitted_logs().unwrap();
        let records = logs.into_iter().map(|log| log.record);
        records
            .filter(|record| record.event_name() == Some(name))
            .collect()
    }
}

fn attribute(record: &SdkLogRecord, name: &str) -> Option<AnyValue> {
    record
        .attributes_iter()
        .find(|(key, _)| key.as_str() == name)
        .map(|(_, value)| value.clone())
}

/// Returns a field of a structured value.
fn field<'a>(value: &'a AnyValue, path: &str) -> &'a AnyValue {
    path.split('.')
        .fold(value, |value, step| match (value, step.parse::<usize>()) {
            (AnyValue::ListAny(items), Ok(at)) => items.get(at).unwrap(),
            (AnyValue::Map(fields), _) => fields.get(&Key::new(step.to_owned())).unwrap(),
            (other, _) => panic!("{other:?} has no {step}"),
        })
}

#[tokio::test]
async fn details_have_the_spans_attributes_and_structured_messages() {
    let told = Told::by(|layer| {
        layer
            .with_content(Content::Messages)
            .with_details(Details::Messages)
    })
    .await;
    told.client
        .chat()
        .create(request("what is 2+2?"))
        .monitor_attributes(json!({"tenant": {"name": "acme"}}))
        .await
        .unwrap();
    let events = told.events(DETAILS);
    let [event] = &events[..] else {
        panic!("{events:?}")
    };
    let span = told.spans.wait_for(1).unwrap().remove(0);
    assert_eq!(event.body(), None);
    assert_eq!(event.severity_number(), None);
    assert_eq!(event.timestamp(), Some(span.end_time));
    let context = event.trace_context().unwrap();
    assert_eq!(context.trace_id, span.span_context.trace_id());
    assert_eq!(context.span_id, span.span_context.span_id());

    let mut on_span: Vec<&str> = span.attributes.iter().map(|a| a.key.as_str()).collect();
    let mut on_event: Vec<&str> = event
        .attributes_iter()
        .map(|(key, _)| key.as_str())
        .collect();
    on_span.sort_unstable();
    on_span.dedup();
    on_event.sort_unstable();
    assert_eq!(on_event, on_span, "one list for both");

    let input = attribute(event, "gen_ai.input.messages").unwrap();
    assert_eq!(field(&input, "0.role"), &AnyValue::from("user"));
    assert_eq!(
        field(&input, "0.parts.0.content"),
        &AnyValue::from("what is 2+2?")
    );
    let output = attribute(event, "gen_ai.output.messages").unwrap();
    assert_eq!(field(&output, "0.finish_reason"), &AnyValue::from("stop"));
    let attributes = attribute(event, "spanloom.attributes").unwrap();
    assert_eq!(field(&attributes, "tenant.name"), &AnyValue::from("acme"));
    assert!(matches!(
        attribute(event, "gen_ai.usage.input_tokens"),
        Some(AnyValue::Int(1..))
    ));
}

#[tokio::test]
async fn content_goes_to_the_event_alone_where_it_is_asked_for_there_alone() {
    let told = Told::by(|layer| {
        layer
            .with_content(Content::Off)
            .with_details(Details::Messages)
    })
    .await;
    told.client
        .chat()
        .create(request("what is 2+2?"))
        .await
        .unwrap();
    let events = told.events(DETAILS);
    assert!(attribute(&events[0], "gen_ai.input.messages").is_some());
    let span = format!("{:?}", told.spans.wait_for(1).unwrap());
    assert!(!span.contains("what is 2+2?"), "{span}");
}

#[tokio::test]
async fn bodies_are_for_records_and_on_no_event() {
    let told = Told::by(|layer| {
        layer
            .with_content(Content::Both)
            .with_details(Details::Attributes)
    })
    .await;
    told.client
        .chat()
        .create(request("what is 2+2?"))
        .await
        .unwrap();
    let events = told.events(DETAILS);
    let shown = format!("{events:?}");
    assert_eq!(events.len(), 1);
    assert!(!shown.contains("what is 2+2?"), "{shown}");
    assert!(attribute(&events[0], "gen_ai.response.id").is_some());
}

#[tokio::test]
async fn no_event_unless_asked_for_and_none_for_embeddings() {
    let told = Told::by(|layer| layer.with_content(Content::Messages)).await;
    told.client
        .chat()
        .create(request("hello world!"))
        .await
        .unwrap();
    assert!(told.events(DETAILS).is_empty());

    let told = Told::by(|layer| layer.with_details(Details::Messages)).await;
    let embedding = json!({"model": "text-embedding-3-small", "input": "hello"});
    told.client
        .embeddings()
        .create(serde_json::from_value(embedding).unwrap())
        .await
        .unwrap();
    assert!(told.events(DETAILS).is_empty());
    assert!(told.events(EXCEPTION).is_empty());
}

#[tokio::test]
async fn a_call_that_fails_is_an_exception_with_its_secrets_masked() {
    const SECRET: &str = "sk-proj-abcdefghijklmnopqrstuvwxyz012345";
    let told = Told::by(|layer| layer).await;
    told.server.fail_next(Fault::BadRequest {
        message: format!("incorrect key {SECRET}"),
        param: None,
        code: Some("invalid_api_key".to_owned()),
    });
    told.client
        .chat()
        .create(request("hello world!"))
        .await
        .unwrap_err();
    let events = told.events(EXCEPTION);
    let [event] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(event.severity_number(), Some(Severity::Warn));
    assert_eq!(event.body(), None);
    let attributes: Vec<(&str, AnyValue)> = event
        .attributes_iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    assert_eq!(
        attributes,
        [
            ("exception.type", AnyValue::from("invalid_api_key")),
            (
                "exception.message",
                AnyValue::from("incorrect key [redacted:api_key]")
            )
        ]
    );
    let span = told.spans.wait_for(1).unwrap().remove(0);
    assert_eq!(
        event.trace_context().unwrap().span_id,
        span.span_context.span_id()
    );
    assert!(!format!("{span:?}").contains(SECRET));
}

#[tokio::test]
async fn events_stand_independently_of_sampling() {
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOff)
        .build();
    let told = Told::with(&provider, SpanRecorder::new(), |layer| {
        layer.with_details(Details::Messages)
    })
    .await;
    told.client
        .chat()
        .create(request("what is 2+2?"))
        .await
        .unwrap();
    let events = told.events(DETAILS);
    assert!(attribute(&events[0], "gen_ai.input.messages").is_some());
}

#[tokio::test]
async fn a_policy_holds_on_span_and_event_alike_and_its_failures_are_counted() {
    let policy = ContentPolicy::default()
        .with_rule(Rule::role("user"), Action::Mask)
        .with_rule(Rule::path("*.ssn"), Action::Drop)
        .with_redactor(|_, text| match text.contains("4") {
            true => panic!("cannot read this"),
            false => spanloom_instrumentation::Redacted::Keep,
        });
    let told = Told::by(|layer| {
        layer
            .with_content(Content::Both)
            .with_details(Details::Messages)
            .with_content_policy(policy)
    })
    .await;
    told.client
        .chat()
        .create(request("what is 2+2?"))
        .monitor_attributes(json!({"ssn": "123-45-6789", "tenant": "acme"}))
        .await
        .unwrap();
    let events = told.events(DETAILS);
    let shown = format!("{:?} {events:?}", told.spans.wait_for(1).unwrap());
    assert!(
        !shown.contains("what is 2+2?") && !shown.contains("123-45"),
        "{shown}"
    );
    assert!(
        shown.contains("[masked]") && shown.contains("acme"),
        "{shown}"
    );
    assert!(shown.contains("[withheld: redactor failed]"), "{shown}");
    let stats = told.recorder.stats();
    assert!(stats.withheld >= 2, "{stats:?}");
    assert_eq!((stats.finished, stats.faults), (1, 0));
}

#[tokio::test]
async fn an_evaluation_is_an_event_of_its_calls_span() {
    for (content, explained) in [(Content::Messages, true), (Content::Off, false)] {
        let told = Told::by(|layer| layer.with_content(content)).await;
        let call = RecordedCall::default();
        let attributes = MonitorAttributes::default().recorded_as(&call);
        let chat = told.client.chat();
        let ask = chat.create(request("hi"));
        ask.monitor_attributes(attributes).await.unwrap();
        let evaluation = Evaluation::new("relevance")
            .with_score(1.0)
            .with_label("pass")
            .with_explanation("it answers");
        assert!(told.layer.evaluate(&call, evaluation.clone()));
        assert!(!told.layer.evaluate(&RecordedCall::default(), evaluation));
        let [event] = told.events("gen_ai.evaluation.result").try_into().unwrap();
        let [span] = told.spans.wait_for(1).unwrap().try_into().unwrap();
        let context = event.trace_context().unwrap();
        assert_eq!(context.span_id, span.span_context.span_id());
        assert_eq!(context.trace_id, span.span_context.trace_id());
        for (name, value) in [
            ("gen_ai.evaluation.name", Some(AnyValue::from("relevance"))),
            ("gen_ai.evaluation.score.value", Some(AnyValue::Double(1.0))),
            (
                "gen_ai.evaluation.score.label",
                Some(AnyValue::from("pass")),
            ),
            (
                "gen_ai.evaluation.explanation",
                explained.then(|| AnyValue::from("it answers")),
            ),
            ("error.type", None),
        ] {
            assert_eq!(attribute(&event, name), value, "{name}");
        }
    }
}
