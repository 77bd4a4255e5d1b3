//! `axum_service.rs` with its model calls in its own traces: four lines differ.
//!
//! A call is a span of kind client under its handler's span, and the HTTP request of the call is a span under the call.

use std::convert::Infallible;
use std::env;

use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::{HttpRequestFactory, retry::OpenAIRetryLayer};
use async_openai::{Client, types::chat::CreateChatCompletionRequest};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::sse::{Event, Sse};
use axum::{Router, response::Response, routing::post};
use futures_util::{Stream, StreamExt as _};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use serde_json::{Value, json};
use spanloom_instrumentation::{GenAiLayer, Recorder};
use tokio::signal::unix::{SignalKind, signal};
use tower::{ServiceBuilder, service_fn};
use tracing::level_filters::LevelFilter;
use tracing::{Instrument as _, field::Empty, info_span, instrument};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::prelude::*;

type Model = Client<OpenAIConfig>;
type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let batch = BatchSpanProcessor::builder(SpanExporter::builder().with_http().build()?).build();
    let recorder = Recorder::start()?;
    let provider = SdkTracerProvider::builder()
        .with_span_processor(recorder.drain(batch))
        .build();
    global::set_tracer_provider(provider.clone());
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("axum_service"));
    let http = reqwest::Client::new();
    tracing_subscriber::registry()
        .with(spans.with_filter(LevelFilter::INFO))
        .init();

    let stack = ServiceBuilder::new()
        .layer(GenAiLayer::builder(&recorder).build())
        .layer(OpenAIRetryLayer::default())
        .service(service_fn(move |factory| send(http.clone(), factory)));
    let client = Client::new().with_http_service(stack);

    let app = Router::new()
        .route("/ask", post(ask))
        .route("/stream", post(stream))
        .route("/weather", post(weather))
        .layer(from_fn(traced))
        .with_state(client);
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app)
        .with_graceful_shutdown(stop())
        .await?;
    tokio::task::block_in_place(|| provider.shutdown())?;
    Ok(())
}

/// Resolves on Ctrl-C, and on the SIGTERM of `docker stop` and Kubernetes.
async fn stop() {
    let mut terminate = signal(SignalKind::terminate()).ok();
    let terminated = async {
        match &mut terminate {
            Some(terminate) => terminate.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}

/// Creates a span for every request, in the sender's trace.
async fn traced(request: Request, next: Next) -> Response {
    // The route rather than the path, since there may be any number of paths.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("unknown", MatchedPath::as_str);
    let name = format!("{} {route}", request.method());
    let span = info_span!("request", otel.name = name, otel.kind = "server");
    let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
    drop(span.set_parent(parent));
    next.run(request).instrument(span).await
}

/// Sends a request of this service, with a span for it.
async fn send(
    http: reqwest::Client,
    factory: HttpRequestFactory,
) -> Result<reqwest::Response, OpenAIError> {
    let span = info_span!(
        "send",
        otel.name = "POST",
        otel.kind = "client",
        http.response.status_code = Empty
    );
    let sent = async {
        let request = factory.build().await?;
        http.execute(request).await.map_err(OpenAIError::Reqwest)
    };
    let response = sent.instrument(span.clone()).await?;
    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    Ok(response)
}

/// Answers a question.
#[instrument(skip_all, fields(question.length = question.len()))]
async fn ask(State(client): State<Model>, question: String) -> Result<String, StatusCode> {
    let request = request(&json!([{"role": "user", "content": question}]))?;
    let answer = client.chat().create(request).await.map_err(unavailable)?;
    let choice = answer.choices.into_iter().next();
    Ok(text(choice.and_then(|choice| choice.message.content)))
}

/// Answers a question while the model is still generating the answer.
#[instrument(skip_all)]
async fn stream(
    State(client): State<Model>,
    question: String,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, StatusCode> {
    let mut request = request(&json!([{"role": "user", "content": question}]))?;
    request.stream_options = serde_json::from_value(json!({"include_usage": true})).ok();
    let chunks = client
        .chat()
        .create_stream(request)
        .await
        .map_err(unavailable)?;
    Ok(Sse::new(chunks.map(|chunk| {
        // A broken answer must not look like a complete answer.
        Ok(match chunk {
            Ok(chunk) => {
                let piece = chunk.choices.into_iter().next();
                Event::default().data(text(piece.and_then(|piece| piece.delta.content)))
            }
            Err(error) => Event::default().event("error").data(error.to_string()),
        })
    })))
}

/// Answers a question with the help of a tool, in as many turns as the model wants.
#[instrument(skip_all)]
async fn weather(State(client): State<Model>, question: String) -> Result<String, StatusCode> {
    let mut messages = vec![json!({"role": "user", "content": question})];
    for _ in 0..4 {
        let mut request = request(&json!(messages))?;
        request.tools = serde_json::from_value(json!([{"type": "function", "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        }}]))
        .ok();
        let answer = client.chat().create(request).await.map_err(unavailable)?;
        let choice = answer.choices.into_iter().next();
        let message = choice.ok_or(StatusCode::BAD_GATEWAY)?.message;
        let answer = json!(message);
        let Some(calls) = answer["tool_calls"].as_array() else {
            return Ok(text(message.content));
        };
        let results: Vec<Value> = calls.iter().map(get_weather).collect();
        messages.push(answer);
        messages.extend(results);
    }
    Err(StatusCode::LOOP_DETECTED)
}

/// The tool.
#[instrument(skip_all)]
fn get_weather(call: &Value) -> Value {
    json!({"role": "tool", "tool_call_id": call["id"], "content": "rain, 7 °C"})
}

fn request(messages: &Value) -> Result<CreateChatCompletionRequest, StatusCode> {
    serde_json::from_value(json!({"model": "gpt-4o-mini", "messages": messages}))
        .map_err(|_| StatusCode::BAD_REQUEST)
}

fn text(content: Option<String>) -> String {
    content.unwrap_or_default()
}

fn unavailable(error: OpenAIError) -> StatusCode {
    tracing::error!(%error, "the model did not answer");
    StatusCode::BAD_GATEWAY
}

struct Headers<'a>(&'a HeaderMap);

impl opentelemetry::propagation::Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
