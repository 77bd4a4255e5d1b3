//! The real client, pointed at the local server.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::ReqwestService;
use async_openai::types::chat::{
    ChatCompletionResponseStream, CreateChatCompletionRequest, CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse,
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use spanloom_testkit::{ModelServer, ModelServerBuilder};

/// Not an OpenAI key, so that a leak into an answer or a journal can be searched for.
pub(crate) const KEY: &str = "sk-spanloom-test";

pub(crate) async fn start(builder: ModelServerBuilder) -> (ModelServer, Client<OpenAIConfig>) {
    let server = builder.start().await.unwrap();
    let client = client(&server);
    (server, client)
}

pub(crate) async fn server() -> (ModelServer, Client<OpenAIConfig>) {
    start(ModelServer::builder()).await
}

/// Returns a client with its default retries.
pub(crate) fn client(server: &ModelServer) -> Client<OpenAIConfig> {
    Client::with_config(config(server))
}

/// Returns a client without retries: a refused request returns at once.
pub(crate) fn impatient(server: &ModelServer) -> Client<OpenAIConfig> {
    client(server).with_http_service(ReqwestService::new(reqwest::Client::new()))
}

fn config(server: &ModelServer) -> OpenAIConfig {
    OpenAIConfig::new()
        .with_api_base(server.base_url())
        .with_api_key(KEY)
}

/// Builds a request from its JSON, so that tests read like the wire format.
pub(crate) fn request(body: Value) -> CreateChatCompletionRequest {
    serde_json::from_value(body).unwrap()
}

pub(crate) fn question(text: &str) -> CreateChatCompletionRequest {
    request(json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}))
}

pub(crate) fn text(response: &CreateChatCompletionResponse) -> &str {
    response.choices[0].message.content.as_deref().unwrap()
}

/// Collects everything that a stream yields.
pub(crate) async fn collect(
    stream: ChatCompletionResponseStream,
) -> Vec<Result<CreateChatCompletionStreamResponse, OpenAIError>> {
    stream.collect().await
}

/// Returns the text of the first choice.
pub(crate) fn joined(chunks: &[CreateChatCompletionStreamResponse]) -> String {
    let choices = chunks.iter().filter_map(|chunk| chunk.choices.first());
    choices
        .filter_map(|choice| choice.delta.content.as_deref())
        .collect()
}
