//! Calls that are open when the monitoring ends, in ten ways: each is a record, and counted in the receipt.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{ChatCompletionResponseStream, CreateChatCompletionRequest};
use futures_util::future::join_all;
use futures_util::{FutureExt as _, StreamExt as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::{Value, json};
use spanloom::{Monitor, Monitored as _};
use spanloom_exporter::{Destination, Exporter, Receipt};
use spanloom_instrumentation::{Content, GenAiLayer, Recorder};
use spanloom_testkit::{Fault, FaultPlan, ModelServer, Sink};
use tokio::runtime::{Builder, Runtime};

const CALLS: usize = 100;
/// Far longer than any wait of these tests.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than a service requests, shorter than a hung call.
const TIMEOUT: Duration = Duration::from_millis(200);

/// Servers whose answers do not end properly.
struct Models {
    /// A server whose streams stall after their first chunks.
    silent: ModelServer,
    /// A server that sends one chunk that is not JSON, and then continues.
    malformed: ModelServer,
    /// A server that never answers.
    hung: ModelServer,
}

impl Models {
    fn start() -> Self {
        let with = |fault| {
            let plan = FaultPlan::new().with_every(1, fault);
            ModelServer::builder()
                .with_fault_plan(plan)
                .start_on_thread()
                .unwrap()
        };
        Self {
            silent: with(Fault::StallStream { after_chunks: 3 }),
            malformed: with(Fault::MalformedChunk { after_chunks: 3 }),
            hung: with(Fault::Hang),
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn plain(model: &ModelServer) -> Client<OpenAIConfig> {
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test-0123456789abcdefghij");
    Client::with_config(config)
}

fn request() -> CreateChatCompletionRequest {
    let request = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "tide?"}], "stream": true});
    serde_json::from_value(request).unwrap()
}

/// Returns a stream after its first chunk.
async fn begun(client: Client<OpenAIConfig>) -> ChatCompletionResponseStream {
    let mut stream = client.chat().create_stream(request()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    stream
}

async fn all_begun(client: &Client<OpenAIConfig>) -> Vec<ChatCompletionResponseStream> {
    join_all((0..CALLS).map(|_| begun(client.clone()))).await
}

/// Returns the records that have arrived at a sink, by id.
fn arrived(sink: &Sink) -> BTreeMap<String, Value> {
    let bodies = sink
        .requests()
        .into_iter()
        .map(|request| request.json().unwrap());
    let records = bodies.flat_map(|body| body["batch"].as_array().cloned().unwrap());
    records
        .map(|record| (record["id"].as_str().unwrap().to_owned(), record))
        .collect()
}

/// Checks that each call is one record with its progress, and that the receipt counts all of them.
fn check(way: &str, sink: &Sink, receipt: Option<Receipt>, outcomes: &[&str]) {
    let records = arrived(sink);
    assert_eq!(records.len(), CALLS, "{way}");
    for record in records.values() {
        let outcome = record["attributes"]["spanloom"]["outcome"]
            .as_str()
            .unwrap();
        assert!(outcomes.contains(&outcome), "{way}: {outcome}");
        if outcome == "error" {
            let kind = &record["attributes"]["spanloom"]["error_type"];
            assert_eq!(kind, "body_error", "{way}: no error but that of the body");
        }
        assert!(record["ended_at"].is_string(), "{way}: {record}");
        assert_eq!(record["inputs"]["model"], "gpt-4o-mini", "{way}");
        if way != "timeout" {
            let came = &record["output"]["choices"][0]["message"]["role"];
            assert_eq!(came, "assistant", "{way}: what had come is kept");
        }
    }
    if let Some(receipt) = receipt {
        let calls = u64::try_from(CALLS).unwrap();
        assert_eq!(
            (receipt.received, receipt.delivered),
            (calls, calls),
            "{way}: {receipt}"
        );
        assert!(receipt.is_conserved(), "{way}: {receipt}");
    }
}

/// Monitors the clients of `model`, leaves calls open as `way` does, and ends the monitoring.
fn monitored(
    way: &str,
    model: &ModelServer,
    outcomes: &[&str],
    leave: impl FnOnce(Client<OpenAIConfig>, Monitor) -> Option<Receipt>,
) {
    let sink = Sink::start_on_thread().unwrap();
    let builder = Monitor::builder("acme/chatbot/openai_logs").with_server(&sink.url());
    let monitor = builder.without_spool().without_notices().start().unwrap();
    let client = plain(model).monitored(&monitor);
    let receipt = leave(client, monitor);
    check(way, &sink, receipt, outcomes);
}

const OPEN: &[&str] = &["cancelled", "unknown"];
/// A runtime that ends drops its tasks in any order: a connection dropped before its reader makes the reader fail, with
/// the same error as if the server had disconnected.
const WITHOUT_RUNTIME: &[&str] = &["cancelled", "unknown", "error"];

#[test]
fn a_call_left_open_in_any_way_is_a_record_and_in_the_receipt() {
    let Models {
        silent,
        malformed,
        hung,
    } = Models::start();
    monitored("stream dropped", &silent, OPEN, |client, monitor| {
        let runtime = runtime();
        drop(runtime.block_on(all_begun(&client)));
        // At once, before the tasks that own the bodies have noticed.
        Some(monitor.shutdown_blocking(PATIENCE))
    });
    monitored("task aborted", &silent, OPEN, |client, monitor| {
        let runtime = runtime();
        let streams = runtime.block_on(all_begun(&client));
        let read_on = |mut stream: ChatCompletionResponseStream| async move {
            while stream.next().await.is_some() {}
        };
        let tasks: Vec<_> = streams
            .into_iter()
            .map(|stream| runtime.spawn(read_on(stream)))
            .collect();
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        Some(monitor.shutdown_blocking(PATIENCE))
    });
    monitored(
        "runtime gone",
        &silent,
        WITHOUT_RUNTIME,
        |client, monitor| {
            let runtime = runtime();
            let streams = runtime.block_on(all_begun(&client));
            drop(runtime);
            let receipt = monitor.shutdown_blocking(PATIENCE);
            drop(streams);
            Some(receipt)
        },
    );
    monitored(
        "runtime shut down in the background",
        &silent,
        WITHOUT_RUNTIME,
        |client, monitor| {
            let runtime = runtime();
            let streams = runtime.block_on(all_begun(&client));
            runtime.shutdown_background();
            let receipt = monitor.shutdown_blocking(PATIENCE);
            drop(streams);
            Some(receipt)
        },
    );
    monitored(
        "monitor dropped first",
        &silent,
        &["unknown"],
        |client, monitor| {
            let runtime = runtime();
            let mut streams = runtime.block_on(all_begun(&client));
            drop(monitor);
            // The streams continue as if nothing had happened.
            for stream in &mut streams {
                assert!(runtime.block_on(stream.next()).unwrap().is_ok());
            }
            None
        },
    );
    monitored(
        "a bad chunk",
        &malformed,
        &["cancelled", "unknown", "completed"],
        |client, monitor| {
            let runtime = runtime();
            let read = async |client: Client<OpenAIConfig>| {
                let mut stream = begun(client).await;
                while let Some(chunk) = stream.next().await {
                    chunk?;
                }
                Ok::<(), async_openai::error::OpenAIError>(())
            };
            let ended = runtime.block_on(join_all((0..CALLS).map(|_| read(client.clone()))));
            assert!(ended.iter().all(Result::is_err));
            Some(monitor.shutdown_blocking(PATIENCE))
        },
    );
    monitored("timeout", &hung, OPEN, |client, monitor| {
        let runtime = runtime();
        let ask = async |client: Client<OpenAIConfig>| {
            let chat = client.chat();
            tokio::time::timeout(TIMEOUT, chat.create_stream(request()))
                .await
                .is_err()
        };
        let ended = runtime.block_on(join_all((0..CALLS).map(|_| ask(client.clone()))));
        assert!(ended.iter().all(|late| *late));
        Some(monitor.shutdown_blocking(PATIENCE))
    });
    monitored("panic", &silent, OPEN, |client, monitor| {
        let runtime = runtime();
        let fail = async |client: Client<OpenAIConfig>| {
            let _stream = begun(client).await;
            // Panics without a message.
            resume_unwind(Box::new("of the service"))
        };
        let fail = |_| std::panic::AssertUnwindSafe(fail(client.clone())).catch_unwind();
        let ended: Vec<Result<(), _>> = runtime.block_on(join_all((0..CALLS).map(fail)));
        assert!(ended.iter().all(Result::is_err));
        Some(monitor.shutdown_blocking(PATIENCE))
    });
    monitored(
        "a stream held open",
        &silent,
        &["unknown"],
        |client, monitor| {
            let runtime = runtime();
            let streams = runtime.block_on(all_begun(&client));
            let receipt = monitor.shutdown_blocking(PATIENCE);
            // A new call is not recorded, but works all the same.
            drop(runtime.block_on(begun(client)));
            drop(streams);
            Some(receipt)
        },
    );
    provider_first(&silent);
}

/// Tests a service with its own provider, which it shuts down while its calls are open.
fn provider_first(model: &ModelServer) {
    let sink = Sink::start_on_thread().unwrap();
    let exporter = Exporter::builder("acme/chatbot/openai_logs".parse().unwrap())
        .with_destination(Destination::spanloom(&sink.url()).unwrap())
        .start()
        .unwrap();
    let recorder = Recorder::start().unwrap();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(recorder.drain(exporter.processor()))
        .build();
    let layer = GenAiLayer::builder(&recorder)
        .with_tracer_provider(&provider)
        .with_content(Content::Bodies)
        .build();
    let client = plain(model).with_http_service(layer.stack(reqwest::Client::new()));
    let runtime = runtime();
    let streams = runtime.block_on(all_begun(&client));
    provider.shutdown().unwrap();
    let receipt = exporter.shutdown(PATIENCE);
    check(
        "provider shut down first",
        &sink,
        Some(receipt),
        &["unknown"],
    );
    drop(streams);
}
