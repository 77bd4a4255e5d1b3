//! A service's own test that keeps its prompts within a budget: cost, tokens and latency, without a key or a network.
//!
//! Here the test is a program, so that it can be run alone; in a service, the body of `main` goes into a
//! `#[tokio::test]`.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::{Monitor, MonitorAttributesExt as _, Monitored as _};
use spanloom_instrumentation::{GenAiLayer, Recorder};
use spanloom_testkit::{Latency, ModelServer, Sink, SpanRecorder};

type Error = Box<dyn std::error::Error>;

/// The service under test, whose prompt the budget is for.
async fn explain(
    client: &Client<OpenAIConfig>,
    audience: &str,
    topic: &str,
) -> Result<String, Error> {
    let request = json!({"model": "gpt-4o-mini", "messages": [
        {"role": "system", "content": "You are very direct and precise."},
        {"role": "user", "content": format!("Explain the following to a {audience}: {topic}")},
    ]});
    let answer = client
        .chat()
        .create(serde_json::from_value(request)?)
        .monitor_attributes(json!({"audience": audience}))
        .await?;
    let choice = answer.choices.into_iter().next();
    Ok(choice
        .and_then(|choice| choice.message.content)
        .unwrap_or_default())
}

async fn explain_to_everybody(client: &Client<OpenAIConfig>) -> Result<(), Error> {
    for audience in ["new student", "math genius"] {
        explain(client, audience, "15 * (2 - 6) / 4").await?;
    }
    Ok(())
}

fn config(model: &ModelServer) -> OpenAIConfig {
    OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example")
}

/// Tests a service with spanloom's layer on its own tracer provider, here that of a span recorder.
async fn with_the_layer(model: &ModelServer) -> Result<(), Error> {
    let spans = SpanRecorder::new();
    let recorder = Recorder::start()?;
    let layer = GenAiLayer::builder(&recorder)
        .with_tracer_provider(&spans.provider())
        .build();
    let client =
        Client::with_config(config(model)).with_http_service(layer.stack(reqwest::Client::new()));
    explain_to_everybody(&client).await?;

    let calls = spans.wait_for_calls(2)?;
    calls.cost().sum().at_most(0.001)?; // US dollars, both calls together
    calls.input_tokens().each().at_most(60)?;
    calls.total_tokens().sum().at_most(1_000)?;
    let generous = Duration::from_secs(10); // a test machine may be busy
    calls.latency().percentile(95).at_most(generous)?;
    for call in &calls {
        println!("{call}");
    }
    Ok(())
}

/// Tests a service with a monitor, which sends to a sink.
async fn with_a_monitor(model: &ModelServer) -> Result<(), Error> {
    let sink = Sink::start().await?;
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&sink.url())
        .start()?;
    let client = Client::with_config(config(model)).monitored(&monitor);
    explain_to_everybody(&client).await?;
    let _receipt = monitor.flush(Duration::from_secs(5)).await;

    let calls = sink.calls();
    calls.cost().sum().at_most(0.001)?;
    // The service's attributes distinguish its calls, and the content is available if it is recorded.
    let students = calls.with_attribute("audience", "new student");
    students.input_tokens().sum().at_most(60)?;
    assert_eq!(students.len(), 1);
    println!("{:?}", students[0].inputs);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let model = ModelServer::builder()
        .with_latency(Latency::None)
        .start()
        .await?;
    with_the_layer(&model).await?;
    with_a_monitor(&model).await
}
