//! A monitor that sends to an OTLP collector.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use spanloom::{Monitor, Monitored as _};
use spanloom_testkit::{Fault, ModelServer, Sink, SinkAnswer};

use crate::setup::request;

/// Returns a monitor with a collector, after one call.
async fn after_a_call(collector: &Sink) -> Monitor {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let builder = Monitor::builder("acme/chatbot/openai_logs").with_collector(&collector.url());
    let monitor = builder.without_spool().without_notices().start().unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    client.chat().create(request("what is 2+2?")).await.unwrap();
    monitor
}

#[tokio::test]
async fn it_gets_the_conventions_metrics() {
    let collector = Sink::start_on_thread().unwrap();
    let monitor = after_a_call(&collector).await;
    assert!(
        monitor
            .shutdown_blocking(Duration::from_secs(5))
            .is_complete()
    );
    let requests = collector.requests();
    let metrics: Vec<_> = requests
        .iter()
        .filter(|request| request.path == "/v1/metrics")
        .collect();
    assert_eq!(metrics.len(), 1);
    let shown = String::from_utf8_lossy(&metrics[0].body);
    for present in [
        "gen_ai.client.operation.duration",
        "gen_ai.client.token.usage",
        "gen_ai.token.type",
        "spanloom.stream",
    ] {
        assert!(shown.contains(present), "{present}");
    }
    assert!(!shown.contains("what is 2+2?"), "never content");
}

#[tokio::test]
async fn it_gets_an_event_for_a_call_that_failed() {
    let collector = Sink::start_on_thread().unwrap();
    let model = ModelServer::builder().start_on_thread().unwrap();
    let builder = Monitor::builder("acme/chatbot/openai_logs").with_collector(&collector.url());
    let monitor = builder.without_spool().without_notices().start().unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    model.fail_next(Fault::InsufficientQuota);
    client.chat().create(request("2+2?")).await.unwrap_err();
    assert!(
        monitor
            .shutdown_blocking(Duration::from_secs(5))
            .is_complete()
    );
    let requests = collector.requests();
    let logs = requests.iter().find(|request| request.path == "/v1/logs");
    let shown = String::from_utf8_lossy(&logs.unwrap().body).into_owned();
    for present in ["gen_ai.client.operation.exception", "insufficient_quota"] {
        assert!(shown.contains(present), "{present}");
    }
}

#[tokio::test]
async fn a_collector_that_does_not_answer_holds_nobody_up_beyond_the_deadline() {
    let collector = Sink::start_on_thread().unwrap();
    collector.answer_always(SinkAnswer::hang());
    let monitor = after_a_call(&collector).await;
    let timeout = Duration::from_millis(300);
    let receipt = monitor.flush_blocking(timeout);
    assert_eq!((receipt.received, receipt.queued), (1, 1), "{receipt}");
    let receipt = monitor.shutdown_blocking(timeout);
    assert_eq!((receipt.received, receipt.queued), (1, 1), "{receipt}");
    // `flush` returned before the request had failed.
    assert_eq!(receipt.destinations[0].trouble, None, "{receipt}");
}
