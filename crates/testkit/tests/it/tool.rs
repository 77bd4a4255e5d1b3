//! Tool calls, plain and streamed, and the answer after them.

use async_openai::types::chat::{
    ChatCompletionMessageToolCalls, CreateChatCompletionRequest, FinishReason,
};
use serde_json::{Value, json};

use crate::client::{collect, request, server, text};

fn weather(messages: &Value) -> CreateChatCompletionRequest {
    request(json!({
        "model": "gpt-4o-mini",
        "messages": messages,
        "tools": [{"type": "function", "function": {
            "name": "get_weather",
            "description": "The weather at a place",
            "parameters": {
                "type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"],
            },
        }}],
    }))
}

fn question() -> Value {
    json!({"role": "user", "content": "What is the weather in Paris?"})
}

#[tokio::test]
async fn a_question_about_the_weather_is_answered_with_a_tool_call_and_then_with_its_result() {
    let (_server, client) = server().await;
    let response = client
        .chat()
        .create(weather(&json!([question()])))
        .await
        .unwrap();
    assert_eq!(
        response.choices[0].finish_reason,
        Some(FinishReason::ToolCalls)
    );
    assert_eq!(response.choices[0].message.content, None);
    let calls = response.choices[0].message.tool_calls.as_ref().unwrap();
    let ChatCompletionMessageToolCalls::Function(call) = &calls[0] else {
        panic!("no function call")
    };
    assert_eq!(
        (
            call.function.name.as_str(),
            call.function.arguments.as_str()
        ),
        ("get_weather", r#"{"location":"Paris"}"#)
    );
    assert!(response.usage.unwrap().completion_tokens > 7);

    let called = json!({"role": "assistant", "tool_calls": calls});
    let result = json!({"role": "tool", "tool_call_id": call.id, "content": r#"{"sky":"clear","temperature":21}"#});
    let answer = client
        .chat()
        .create(weather(&json!([question(), called, result])))
        .await
        .unwrap();
    assert_eq!(
        text(&answer),
        "According to get_weather: sky clear, temperature 21."
    );
    assert_eq!(answer.choices[0].finish_reason, Some(FinishReason::Stop));
}

#[tokio::test]
async fn a_streamed_tool_call_joins_from_its_deltas() {
    let (_server, client) = server().await;
    let stream = client
        .chat()
        .create_stream(weather(&json!([question()])))
        .await
        .unwrap();
    let chunks: Vec<_> = collect(stream)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let deltas: Vec<_> = chunks
        .iter()
        .flat_map(|chunk| &chunk.choices)
        .flat_map(|choice| choice.delta.tool_calls.iter().flatten())
        .collect();

    assert!(deltas[0].id.as_ref().unwrap().starts_with("call_"));
    assert_eq!(
        deltas[0].function.as_ref().unwrap().name.as_deref(),
        Some("get_weather")
    );
    assert!(
        deltas[1..]
            .iter()
            .all(|delta| delta.id.is_none() && delta.index == 0)
    );
    let arguments = deltas
        .iter()
        .filter_map(|delta| delta.function.as_ref()?.arguments.as_deref());
    assert_eq!(arguments.collect::<String>(), r#"{"location":"Paris"}"#);
    assert_eq!(
        chunks.last().unwrap().choices[0].finish_reason,
        Some(FinishReason::ToolCalls)
    );
}
