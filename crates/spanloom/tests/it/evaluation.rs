//! Scores of calls: queued, sent and counted as calls are.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::{
    Destination, Evaluation, Monitor, MonitorAttributes, MonitorAttributesExt as _, Monitored as _,
    RecordedCall,
};
use spanloom_testkit::{ModelServer, Sink, SinkAnswer, SinkRequest, StatusCode};

use crate::setup::request;

struct Scored {
    monitor: Monitor,
    client: Client<OpenAIConfig>,
    _model: ModelServer,
}

fn scored(destination: Destination) -> Scored {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_destination(destination)
        .without_spool()
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    Scored {
        monitor,
        client,
        _model: model,
    }
}

async fn ask(client: &Client<OpenAIConfig>) -> RecordedCall {
    let call = RecordedCall::default();
    let inner = MonitorAttributes::new(json!({"experiment": "b"}));
    let asked = async {
        let chat = client.chat();
        let ask = chat.create(request("what is 2+2?"));
        ask.monitor_attributes(inner).await.unwrap();
    };
    let attributes = MonitorAttributes::default().recorded_as(&call);
    asked.monitor_attributes(attributes).await;
    call
}

fn relevance() -> Evaluation {
    let key = ["sk-proj-", "abcdefghijklmnop0123456789"].concat();
    Evaluation::new("relevance")
        .with_score(0.75)
        .with_label("pass")
        .with_explanation(&format!("it answers {key}"))
}

fn feedback(sink: &Sink) -> Vec<SinkRequest> {
    let mut requests = sink.requests();
    requests.retain(|request| request.path == "/feedback/create");
    requests
}

#[tokio::test]
async fn a_score_is_feedback_on_its_call() {
    let server = Sink::start_on_thread().unwrap();
    let it = scored(Destination::spanloom(&server.url()).unwrap());
    let call = ask(&it.client).await;
    assert!(it.monitor.evaluate(&call, relevance()));
    let receipt = it.monitor.flush(Duration::from_secs(5)).await;
    assert_eq!((receipt.received, receipt.delivered), (2, 2), "{receipt}");
    let sent = feedback(&server).remove(0).json().unwrap();
    let id = call.span_context().unwrap().span_id().to_string();
    let one = &sent;
    assert_eq!(one["weave_ref"], format!("weave:///acme/chatbot/call/{id}"));
    assert_eq!(one["project_id"], "acme/chatbot");
    assert_eq!(one["feedback_type"], "wandb.runnable.relevance");
    let output =
        json!({"score": 0.75, "label": "pass", "explanation": "it answers [redacted:api_key]"});
    assert_eq!(one["payload"]["output"], output);
}

#[tokio::test]
async fn a_score_is_tried_again_and_has_no_reason_without_content() {
    let server = Sink::start_on_thread().unwrap();
    let lean = Destination::spanloom(&server.url())
        .unwrap()
        .without_content();
    let it = scored(lean);
    let call = ask(&it.client).await;
    assert!(it.monitor.flush(Duration::from_secs(5)).await.is_complete());
    server.answer_next_with(SinkAnswer::status(StatusCode::SERVICE_UNAVAILABLE));
    assert!(it.monitor.evaluate(&call, relevance()));
    let receipt = it.monitor.shutdown(Duration::from_secs(5)).await;
    assert!(receipt.is_complete(), "{receipt}");
    let sent = feedback(&server);
    assert_eq!(sent.len(), 2, "the first was refused");
    let [first, second] = [0, 1].map(|at| sent[at].json().unwrap());
    assert_eq!(first, second);
    assert_eq!(
        first["payload"]["output"],
        json!({"score": 0.75, "label": "pass"})
    );
}

#[tokio::test]
async fn what_nothing_takes_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let it = scored(Destination::json_lines(folder.path().join("calls.jsonl")));
    let call = ask(&it.client).await;
    assert!(
        !it.monitor.evaluate(&call, relevance()),
        "a file takes none"
    );
    let server = Sink::start_on_thread().unwrap();
    let it = scored(Destination::spanloom(&server.url()).unwrap());
    assert!(
        !it.monitor.evaluate(&RecordedCall::default(), relevance()),
        "no call"
    );
    drop(it);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_fails_on_a_score_gets_the_calls() {
    let server = Sink::start_on_thread().unwrap();
    let it = scored(Destination::spanloom(&server.url()).unwrap());
    let call = ask(&it.client).await;
    assert!(it.monitor.flush(Duration::from_secs(5)).await.is_complete());
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::NOT_FOUND] {
        server.answer_next_with(SinkAnswer::status(status));
        assert!(it.monitor.evaluate(&call, relevance()));
        let receipt = it.monitor.flush(Duration::from_secs(5)).await;
        assert_eq!(receipt.queued, 0, "{receipt}");
    }
    ask(&it.client).await;
    let receipt = it.monitor.shutdown(Duration::from_secs(5)).await;
    assert_eq!((receipt.delivered, receipt.rejected), (2, 2), "{receipt}");
    let last = server.requests().pop().unwrap();
    assert_eq!(
        last.path, "/v2/acme/chatbot/calls/complete",
        "in the form as before"
    );
}
