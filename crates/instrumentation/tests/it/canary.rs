//! Forty planted secrets, in every place of a call, appear nowhere in the output.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::AzureConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::types::chat::CreateChatCompletionRequest;
use futures_util::StreamExt as _;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use reqwest::Response;
use serde_json::{Value, json};
use spanloom_instrumentation::{Content, Details, GenAiLayer, MonitorAttributesExt as _, Recorder};
use spanloom_testkit::SpanRecorder;
use tower::{Layer as _, service_fn};

/// Prefix and rest, in two pieces, so that no repository scanner takes them for real secrets.
const SECRETS: [(&str, &str); 42] = [
    ("sk-", "a1abcdefghijklmnopqrstuvwxyz0123456789ABCDEF"),
    ("sk-proj-", "a2_xyz-0123456789abcdefghijklmnopqrstuv"),
    (
        "sk-ant-api03-",
        "a3_xyz-0123456789abcdefghijklmnopqrstuv-AA",
    ),
    (
        "sk-or-v1-",
        "a40123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    ("gsk_", "a50123456789abcdefghijABCDEFGHIJ0123456789abcdefg"),
    ("xai-", "a60123456789abcdefghijABCDEFGHIJ0123456789abcdefg"),
    ("pplx-", "a70123456789abcdefghijABCDEFGHIJ0123456789abcd"),
    ("r8_", "a80123456789abcdefghijABCDEFGHIJ01234"),
    ("nvapi-", "a90123456789-abcdefghijABCDEFGHIJ_0123456789"),
    ("AIza", "Syb1A0123456789-abcdefghijABCDEF_J"),
    ("ya29.", "b2AfH6SMB0123456789abcdefghij"),
    ("GOCSPX-", "b30123456789abcdefghijABCDEF"),
    ("AKIA", "B4OSFODNN7EXAMPL"),
    ("ASIA", "B5OSFODNN7EXAMPL"),
    (
        "aws_secret_access_key = ",
        "b6alrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
    (
        "AccountKey=",
        "b7y8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    ),
    (
        "Ocp-Apim-Subscription-Key: ",
        "b8123456789abcdef0123456789abcdef",
    ),
    ("api-key: ", "b9123456789abcdef0123456789abcde"),
    ("client_secret=", "c18Q~0123456789abcdefghijklmnopqrst"),
    ("ghp_", "c2123456789abcdefghijABCDEFGHIJ01234"),
    ("gho_", "c3123456789abcdefghijABCDEFGHIJ01234"),
    ("ghu_", "c4123456789abcdefghijABCDEFGHIJ01234"),
    ("ghs_", "c5123456789abcdefghijABCDEFGHIJ01234"),
    ("ghr_", "c6123456789abcdefghijABCDEFGHIJ01234"),
    ("github_pat_", "c7ABCDEFG0abcdefghijkl_0123456789abcdefghij"),
    ("glpat-", "c8123456789abcdefghij"),
    ("xoxb-", "c9123456789012-0123456789012-abcdefghijABCD"),
    ("xoxp-", "d1123456789012-0123456789012-abcdefghijABCD"),
    ("xapp-", "1-d20123456789-0123456789012-0123456789abcdef"),
    ("sk_live_", "d3123456789abcdefghijABCD"),
    ("rk_live_", "d4123456789abcdefghijABCD"),
    ("whsec_", "d5123456789abcdefghijABCDEFGHIJ"),
    ("hf_", "d6bcdefghijABCDEFGHIJabcdefghijABCD"),
    ("npm_", "d7123456789abcdefghijABCDEFGHIJ01234"),
    ("pypi-", "d8EIcHlwaS5vcmcCJDAxMjM0NTY3ODlhYmNkZWZnaGlqQUJD"),
    ("SK", "d9123456789abcdef0123456789abcde"),
    (
        "SG.",
        "e1123456789abcdefghijAB.0123456789abcdefghijABCDEFGHIJ0123",
    ),
    (
        "dop_v1_",
        "e2123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd",
    ),
    ("WANDB_API_KEY=", "e3123456789abcdef0123456789abcdef0123456"),
    ("Bearer ", "e4123456789abcdefghijABCDEFGHIJ"),
    ("Basic ", "e5xhZGRpbjpvcGVuc2VzYW1l"),
    ("eyJ", "hbGciOiJIUzI1NiJ9.e6eXdWIiOiIxMjM0In0.c2lnbmF0dXJl"),
];

/// Returns a request with the secret in every text that it can have.
fn request(secret: &str, stream: bool) -> CreateChatCompletionRequest {
    let arguments = json!({"key": secret, "note": format!("line\n{secret}")}).to_string();
    let request = json!({
        "model": format!("ft:{secret}"), "user": secret, "stream": stream, "stop": [secret],
        "metadata": {"key": secret}, "service_tier": "auto",
        "messages": [
            {"role": "system", "content": format!("use {secret}")},
            {"role": "developer", "content": format!("\n{secret}")},
            {"role": "user", "name": secret, "content": [
                {"type": "text", "text": format!("\"{secret}\"")},
                {"type": "image_url", "image_url": {"url": format!("https://host/x.png?q={secret}")}},
                {"type": "image_url", "image_url": {"url": "https://bob:hunter2canary@host/x.png"}},
                {"type": "file", "file": {"filename": format!("{secret} .txt"), "file_data": secret}}]},
            {"role": "assistant", "content": secret, "tool_calls": [
                {"id": secret, "type": "function", "function": {"name": "f", "arguments": arguments}}]},
            {"role": "assistant", "refusal": format!("not {secret}")},
            {"role": "tool", "tool_call_id": secret, "content": json!({"result": secret}).to_string()},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": secret,
            "parameters": {"type": "object", "properties": {"a": {"description": secret}}}}}],
    });
    serde_json::from_value(request).unwrap()
}

fn answer(secret: &str) -> Value {
    let arguments = json!({"key": format!("\"{secret}\"")}).to_string();
    json!({"id": secret, "object": "chat.completion", "created": 1, "model": format!("ft:{secret}"),
        "system_fingerprint": secret, "service_tier": secret, "choices": [{"index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": format!("it is {secret}."), "refusal": format!("no {secret}"),
            "reasoning_content": secret, "tool_calls": [
            {"id": secret, "type": "function", "function": {"name": "f", "arguments": arguments}}]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
}

/// Returns the answer's texts as deltas of a few characters each.
fn stream(secret: &str) -> String {
    let arguments = json!({"key": format!("\"{secret}\"")}).to_string();
    let mut events = String::new();
    let mut chunk = |delta: Value| {
        let chunk = json!({"id": secret, "object": "chat.completion.chunk", "created": 1, "model": secret,
            "choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
        events.push_str(&format!("data: {chunk}\n\n"));
    };
    chunk(json!({"role": "assistant", "content": ""}));
    chunk(
        json!({"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": {"name": "f"}}]}),
    );
    let pieces = |text: &str| -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        characters
            .chunks(7)
            .map(|piece| piece.iter().collect())
            .collect()
    };
    for piece in pieces(&format!("it is {secret} ")) {
        chunk(json!({"content": piece, "refusal": piece, "reasoning_content": piece}));
    }
    for piece in pieces(&arguments) {
        chunk(json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}));
    }
    events.push_str("data: [DONE]\n\n");
    events
}

fn respond(status: u16, kind: &str, body: String) -> Response {
    let response = http::Response::builder()
        .status(status)
        .header("content-type", kind)
        .header("x-canary", "a header is never recorded: hunter2canary")
        .body(body)
        .unwrap();
    Response::from(response)
}

/// All outputs of a layer.
struct Sinks {
    spans: SpanRecorder,
    logs: InMemoryLogExporter,
    metrics: InMemoryMetricExporter,
    meters: SdkMeterProvider,
    recorder: Recorder,
    layer: GenAiLayer,
}

impl Sinks {
    fn new(content: Content, details: Details) -> Self {
        let spans = SpanRecorder::new();
        let logs = InMemoryLogExporter::default();
        let logger = SdkLoggerProvider::builder()
            .with_simple_exporter(logs.clone())
            .build();
        let metrics = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(metrics.clone()).build();
        let meters = SdkMeterProvider::builder().with_reader(reader).build();
        let recorder = Recorder::start().unwrap();
        let layer = GenAiLayer::builder(&recorder)
            .with_tracer_provider(&spans.provider())
            .with_meter_provider(&meters)
            .with_logger_provider(&logger)
            .with_content(content)
            .with_details(details)
            .build();
        Self {
            spans,
            logs,
            metrics,
            meters,
            recorder,
            layer,
        }
    }

    /// Makes a call that is answered at once, one that is streamed and one that fails.
    async fn calls(&self, secret: &str) {
        for (status, kind, body) in [
            (200, "application/json", answer(secret).to_string()),
            (200, "text/event-stream", stream(secret)),
            (
                400,
                "application/json",
                json!({"error": {"message": format!("wrong key: {secret}"), "type": secret, "code": secret}})
                    .to_string(),
            ),
        ] {
            let streamed = kind == "text/event-stream";
            let inner = service_fn(move |factory: HttpRequestFactory| {
                let body = body.clone();
                async move {
                    factory.build().await?;
                    Ok::<_, OpenAIError>(respond(status, kind, body))
                }
            });
            let config = AzureConfig::new()
                .with_api_base("http://bob:hunter2canary@model.test")
                .with_api_version(secret)
                .with_deployment_id("d")
                .with_api_key(secret);
            let client = Client::with_config(config).with_http_service(self.layer.layer(inner));
            let chat = client.chat();
            let attributes = json!({"note": secret, "deep": {secret: [format!("\"{secret}\"")]}});
            let call = async {
                if streamed {
                    let stream = chat.create_stream(request(secret, true)).await;
                    if let Ok(stream) = stream {
                        drop(stream.collect::<Vec<_>>().await);
                    }
                } else {
                    drop(chat.create(request(secret, false)).await);
                }
            };
            call.monitor_attributes(attributes).await;
        }
    }

    fn everything(&self) -> String {
        self.recorder.flush(Duration::from_secs(20)).unwrap();
        self.meters.force_flush().unwrap();
        let stats = self.recorder.stats();
        assert_eq!((stats.faults, stats.shed), (0, 0), "{stats:?}");
        format!(
            "{:?} {:?} {:?}",
            self.spans.spans(),
            self.logs.get_emitted_logs().unwrap(),
            self.metrics.get_finished_metrics().unwrap()
        )
    }
}

/// The output of `tracing`.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One test for all modes: `tracing` output goes through the process's only global subscriber.
#[tokio::test]
async fn forty_planted_secrets_are_found_nowhere() {
    let written = Written::default();
    let writer = written.clone();
    tracing_subscriber::fmt()
        .with_env_filter("spanloom=trace,spanloom_instrumentation=trace")
        .with_writer(move || writer.clone())
        .init();
    for (content, details) in [
        (Content::Off, Details::Off),
        (Content::Off, Details::Attributes),
        (Content::Both, Details::Messages),
    ] {
        let sinks = Sinks::new(content, details);
        for (prefix, rest) in SECRETS {
            sinks.calls(&format!("{prefix}{rest}")).await;
        }
        let mut everything = sinks.everything();
        assert_eq!(sinks.spans.spans().len(), 3 * SECRETS.len());
        let told = written.0.lock().unwrap_or_else(PoisonError::into_inner);
        everything.push_str(&String::from_utf8_lossy(&told));
        for (prefix, rest) in SECRETS {
            if let Some(at) = everything.find(rest) {
                let context: String = everything
                    .chars()
                    .skip(at.saturating_sub(200))
                    .take(400)
                    .collect();
                panic!("{content:?} {details:?} {prefix}: {context}");
            }
        }
        assert!(!everything.contains("hunter2canary"));
        let recorded = content == Content::Both;
        assert_eq!(everything.contains("it is [redacted:"), recorded);
        assert_eq!(everything.contains("x.png"), recorded);
        assert!(everything.contains("wrong key: [redacted:"));
    }
}
