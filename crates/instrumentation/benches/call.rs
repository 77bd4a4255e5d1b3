//! What a call costs the thread that makes it: plain async-openai, the layer around it, and a stock OpenTelemetry span
//! with the same content beside it, in one run. `cargo bench -p spanloom-instrumentation`.
//!
//! The answers come from memory, so what differs is the instrumentation. Rounds of the variants take turns, the
//! recorder's thread stands still while a round is timed, and figures are medians over the rounds. A stream has 200 chunks,
//! each a frame.
//!
//! Last result (2026-11-23, 2 cores AMD EPYC, Rust 1.95): a call takes 20.0 us, the layer adds 6.7, with content 7.1, not
//! sampled 6.8, a span by hand 3.7: 1.9 times the latter, on the caller's thread. A stream takes 438 us, the layer adds
//! 458 ns per chunk. A call a millisecond takes 42.5 us, the layer adds 13.2. Over six runs that day the layer added 6.2
//! to 7.6 us, 1.2 to 1.9 times the span by hand, and 264 to 468 ns per chunk. The goals are 3 us, 0.75 times, and 100 ns:
//! missed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on should say so at once"
)]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::types::chat::CreateChatCompletionRequest;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body::Frame;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    Sampler, SdkTracer, SdkTracerProvider, Span, SpanData, SpanProcessor,
};
use serde_json::json;
use spanloom_instrumentation::{Content, GenAiLayer, Recorder};
use tokio::runtime::{Builder, Runtime};
use tower::{Layer as _, service_fn};

const ROUNDS: usize = 60;
const CALLS: usize = 100;
const STREAMS: usize = 20;
const CHUNKS: usize = 200;

/// Takes every span and keeps none, and holds the recorder up while the gate is locked.
#[derive(Debug, Default)]
struct Gate(Arc<Mutex<()>>);

impl SpanProcessor for Gate {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}

    fn on_end(&self, span: SpanData) {
        drop(self.0.lock().unwrap());
        black_box(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, _: &Resource) {}
}

/// A body that comes in the frames it is given.
struct Frames(VecDeque<Bytes>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|bytes| Ok(Frame::data(bytes))))
    }
}

fn answer() -> Bytes {
    let content = "The answer to life, the universe and everything. ".repeat(10);
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600},
    })
    .to_string()
    .into()
}

fn stream() -> Vec<Bytes> {
    let chunk = |delta: serde_json::Value, reason: Option<&str>| {
        let chunk = json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        });
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let mut frames = vec![chunk(json!({"content": "word "}), None); CHUNKS - 3];
    frames.push(chunk(json!({}), Some("stop")));
    let usage = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "gpt-4o-mini-2024-07-18",
        "choices": [], "usage": {"prompt_tokens": 500, "completion_tokens": 197, "total_tokens": 697},
    });
    frames.push(format!("data: {usage}\n\n").into());
    frames.push(Bytes::from_static(b"data: [DONE]\n\n"));
    frames
}

/// Four messages, 2 KB.
fn request() -> CreateChatCompletionRequest {
    let text = "tell me about life, the universe and everything. ".repeat(10);
    let roles = ["system", "user", "assistant", "user"];
    let messages: Vec<_> = roles
        .iter()
        .map(|role| json!({"role": role, "content": text}))
        .collect();
    serde_json::from_value(json!({"model": "gpt-4o-mini", "messages": messages, "temperature": 0.5, "max_completion_tokens": 200}))
        .unwrap()
}

/// Answers from memory.
fn transport() -> impl tower::Service<
    HttpRequestFactory,
    Response = reqwest::Response,
    Error = OpenAIError,
    Future: Send,
> + Clone
+ Send
+ Sync
+ 'static {
    let (whole, frames) = (answer(), stream());
    service_fn(move |factory: HttpRequestFactory| {
        let (whole, frames) = (whole.clone(), frames.clone());
        async move {
            let request = factory.build().await?;
            let body = request
                .body()
                .and_then(reqwest::Body::as_bytes)
                .unwrap_or_default();
            let streams = body.windows(13).any(|window| window == b"\"stream\":true");
            let builder = http::Response::builder();
            let response = if streams {
                builder
                    .header("content-type", "text/event-stream")
                    .body(reqwest::Body::wrap(Frames(frames.into())))
            } else {
                builder
                    .header("content-type", "application/json")
                    .body(whole.into())
            };
            Ok(response.unwrap().into())
        }
    })
}

fn config() -> OpenAIConfig {
    OpenAIConfig::new()
        .with_api_base("http://127.0.0.1:9/v1")
        .with_api_key("sk-bench")
}

fn layered(
    recorder: &Recorder,
    provider: &SdkTracerProvider,
    content: Content,
) -> Client<OpenAIConfig> {
    let layer = GenAiLayer::builder(recorder)
        .with_tracer_provider(provider)
        .with_content(content)
        .build();
    Client::with_config(config()).with_http_service(layer.layer(transport()))
}

fn provider(sampler: Sampler, gate: &Arc<Mutex<()>>) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_span_processor(Gate(Arc::clone(gate)))
        .build()
}

/// What one writes by hand: a span around the call with its content, on the caller's thread.
async fn by_hand(client: &Client<OpenAIConfig>, tracer: &SdkTracer) {
    let request = request();
    let mut span = tracer.start("chat gpt-4o-mini");
    let input = serde_json::to_string(&request.messages).unwrap();
    let text = |name: &'static str, value: String| KeyValue::new(name, value);
    span.set_attributes([
        text("gen_ai.operation.name", "chat".to_owned()),
        text("gen_ai.provider.name", "openai".to_owned()),
        text("gen_ai.request.model", request.model.clone()),
        text("server.address", "127.0.0.1".to_owned()),
        KeyValue::new("server.port", 9),
        KeyValue::new(
            "gen_ai.request.temperature",
            f64::from(request.temperature.unwrap_or_default()),
        ),
        text("gen_ai.input.messages", input),
    ]);
    let answer = client.chat().create(request).await.unwrap();
    let output = serde_json::to_string(&answer.choices).unwrap();
    let usage = answer.usage.unwrap();
    let reasons = Value::Array(Array::String(vec![StringValue::from("stop")]));
    span.set_attributes([
        text("gen_ai.response.id", answer.id),
        text("gen_ai.response.model", answer.model),
        KeyValue::new("gen_ai.response.finish_reasons", reasons),
        KeyValue::new("gen_ai.usage.input_tokens", i64::from(usage.prompt_tokens)),
        KeyValue::new(
            "gen_ai.usage.output_tokens",
            i64::from(usage.completion_tokens),
        ),
        text("gen_ai.output.messages", output),
    ]);
    span.end();
}

async fn call(client: &Client<OpenAIConfig>) {
    black_box(client.chat().create(request()).await.unwrap());
}

async fn streamed(client: &Client<OpenAIConfig>) {
    let chunks = client.chat().create_stream(request()).await.unwrap();
    assert_eq!(chunks.map(black_box).count().await, CHUNKS - 1);
}

/// What a round needs.
struct Bench {
    runtime: Runtime,
    recorder: Recorder,
    gate: Arc<Mutex<()>>,
    /// A client whose call stops the recorder at the gate.
    stopper: Client<OpenAIConfig>,
}

impl Bench {
    /// Nanoseconds each of `count` takes on this thread, while the recorder's thread stands still: two threads of a small
    /// machine slow each other down.
    fn timed(&self, count: usize, one: impl AsyncFn()) -> f64 {
        let gate = self.gate.lock().unwrap();
        self.runtime.block_on(call(&self.stopper));
        std::thread::yield_now();
        let begun = Instant::now();
        self.runtime.block_on(async {
            for _ in 0..count {
                one().await;
            }
        });
        let taken = begun.elapsed();
        drop(gate);
        assert!(self.recorder.flush(Duration::from_secs(30)));
        taken.as_secs_f64() * 1e9 / f64::from(u32::try_from(count).unwrap())
    }
}

/// Microseconds of calls a millisecond apart, from cold caches, with and without the layer.
#[expect(
    clippy::disallowed_methods,
    reason = "the pause is what makes the caches cold"
)]
fn apart(bench: &Bench, clients: [&Client<OpenAIConfig>; 2]) -> [f64; 2] {
    let mut taken: [Vec<f64>; 2] = Default::default();
    for _ in 0..1_000 {
        for (client, taken) in clients.into_iter().zip(&mut taken) {
            std::thread::sleep(Duration::from_millis(1));
            let begun = Instant::now();
            bench.runtime.block_on(call(client));
            taken.push(begun.elapsed().as_secs_f64() * 1e6);
        }
    }
    taken.map(median)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let recorder = Recorder::start().unwrap();
    let gate = Arc::<Mutex<()>>::default();
    let provider = |sampler| provider(sampler, &gate);
    let (recording, dropping) = (provider(Sampler::AlwaysOn), provider(Sampler::AlwaysOff));
    let plain = Client::with_config(config()).with_http_service(transport());
    let open = self::provider(Sampler::AlwaysOn, &Arc::default());
    let tracer = open.tracer("by hand");
    let off = layered(&recorder, &recording, Content::Off);
    let both = layered(&recorder, &recording, Content::Both);
    let unsampled = layered(&recorder, &dropping, Content::Both);
    let bench = Bench {
        runtime: Builder::new_current_thread().build().unwrap(),
        stopper: both.clone(),
        recorder,
        gate,
    };
    let names = [
        "plain",
        "layer",
        "layer, content",
        "layer, not sampled",
        "span by hand",
    ];
    let mut calls: [Vec<f64>; 5] = Default::default();
    let mut streams: [Vec<f64>; 2] = Default::default();
    for _ in 0..ROUNDS {
        let figures = [
            bench.timed(CALLS, async || call(&plain).await),
            bench.timed(CALLS, async || call(&off).await),
            bench.timed(CALLS, async || call(&both).await),
            bench.timed(CALLS, async || call(&unsampled).await),
            bench.timed(CALLS, async || by_hand(&plain, &tracer).await),
        ];
        calls
            .iter_mut()
            .zip(figures)
            .for_each(|(taken, figure)| taken.push(figure));
        let figures =
            [&plain, &both].map(|client| bench.timed(STREAMS, async || streamed(client).await));
        streams
            .iter_mut()
            .zip(figures)
            .for_each(|(taken, figure)| taken.push(figure));
    }
    let calls: Vec<_> = names.into_iter().zip(calls.map(median)).collect();
    report(&calls, streams.map(median));
    let [plain, layer] = apart(&bench, [&plain, &both]);
    println!("a call a millisecond, from cold caches");
    println!(
        "  plain {plain:.1} us, layer, content {layer:.1} us, added {:.1} us",
        layer - plain
    );
}

fn report(calls: &[(&str, f64)], [plain, layer]: [f64; 2]) {
    println!("a call, on the caller's thread");
    for (name, taken) in calls {
        let added = taken - calls[0].1;
        println!(
            "  {name:20} {:7.2} us  added {:5.2} us",
            taken / 1e3,
            added / 1e3
        );
    }
    let ratio = (calls[2].1 - calls[0].1) / (calls[4].1 - calls[0].1);
    println!("  content, layer to span by hand: {ratio:.2}");
    println!("a stream of {CHUNKS} chunks, on the caller's thread");
    let chunks = f64::from(u32::try_from(CHUNKS).unwrap());
    let added = (layer - plain) / chunks;
    println!(
        "  plain {:.1} us, layer {:.1} us, added per chunk {added:.0} ns",
        plain / 1e3,
        layer / 1e3
    );
}
