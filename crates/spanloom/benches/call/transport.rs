//! Model answers from memory, so that two clients differ only in their instrumentation.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::types::chat::CreateChatCompletionRequest;
use bytes::Bytes;
use http_body::Frame;
use serde_json::json;
use tower::service_fn;

/// Chunks of a streamed answer, each in a separate frame.
pub(crate) const CHUNKS: usize = 200;
const MODEL: &str = "gpt-4o-mini-2024-07-18";

/// A body that yields the given frames.
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

pub(crate) fn answer() -> Bytes {
    let content = "The answer to life, the universe and everything. ".repeat(10);
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000, "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600},
    })
    .to_string()
    .into()
}

pub(crate) fn stream() -> Vec<Bytes> {
    let chunk = |delta: serde_json::Value, reason: Option<&str>| {
        let chunk = json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": MODEL,
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        });
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let mut frames = vec![chunk(json!({"content": "word "}), None); CHUNKS - 3];
    frames.push(chunk(json!({}), Some("stop")));
    let usage = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": MODEL,
        "choices": [], "usage": {"prompt_tokens": 500, "completion_tokens": 197, "total_tokens": 697},
    });
    frames.push(format!("data: {usage}\n\n").into());
    frames.push(Bytes::from_static(b"data: [DONE]\n\n"));
    frames
}

/// The size of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    /// Four messages, 2 KB in total.
    Small,
    /// 128 messages, 64 KB in total.
    Long,
    /// Two parts, one of which is a picture of 1 MB.
    Picture,
}

impl Size {
    pub(crate) const ALL: [Self; 3] = [Self::Small, Self::Long, Self::Picture];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Small => "2KB",
            Self::Long => "64KB",
            Self::Picture => "1MB",
        }
    }
}

/// Returns a request with four messages, 2 KB in total.
pub(crate) fn request() -> CreateChatCompletionRequest {
    request_of(Size::Small)
}

pub(crate) fn request_of(size: Size) -> CreateChatCompletionRequest {
    let text = "tell me about life, the universe and everything. ".repeat(10);
    let plain = |(role, text): (&str, &str)| json!({"role": role, "content": text});
    let turns = |count: usize| {
        let roles = ["system", "user", "assistant", "user"];
        let turns = roles.iter().cycle().take(count);
        turns.map(|role| plain((role, &text))).collect()
    };
    let messages = match size {
        Size::Small => turns(4),
        Size::Long => turns(128),
        Size::Picture => {
            let url = format!("data:image/png;base64,{}", "iVBORw0KGgoA".repeat(85_000));
            vec![json!({"role": "user", "content": [
                {"type": "text", "text": text},
                {"type": "image_url", "image_url": {"url": url}},
            ]})]
        }
    };
    serde_json::from_value(json!({"model": "gpt-4o-mini", "messages": messages, "temperature": 0.5, "max_completion_tokens": 200}))
        .unwrap()
}

pub(crate) fn transport() -> impl tower::Service<
    HttpRequestFactory,
    Response = reqwest::Response,
    Error = OpenAIError,
    Future: Send,
> + Clone
+ Send
+ Sync
+ 'static {
    // Shared, because services are cloned for every call, and the layer clones them once more.
    let answers = Arc::new((answer(), stream()));
    service_fn(move |factory: HttpRequestFactory| {
        let answers = Arc::clone(&answers);
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
                    .body(reqwest::Body::wrap(Frames(answers.1.clone().into())))
            } else {
                builder
                    .header("content-type", "application/json")
                    .body(answers.0.clone().into())
            };
            Ok(response.unwrap().into())
        }
    })
}

pub(crate) fn client() -> Client<OpenAIConfig> {
    let config = OpenAIConfig::new()
        .with_api_base("http://127.0.0.1:9/v1")
        .with_api_key("sk-bench");
    Client::with_config(config)
}
