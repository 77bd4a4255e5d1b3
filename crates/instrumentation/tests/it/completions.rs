use async_openai::types::completions::CreateCompletionRequestArgs;
use async_openai::types::embeddings::CreateEmbeddingRequestArgs;
use futures_util::StreamExt as _;
use serde_json::json;

use crate::canned::{Canned, json, texts};
use crate::setup::{int, text};

#[tokio::test]
async fn a_completion_is_a_text_completion() {
    let setup = Canned::new().await;
    setup.answer(
        &json!({"id":"cmpl-1","object":"text_completion","created":5,"model":"gpt-3.5-turbo-instruct",
        "choices":[{"text":" upon a time","index":0,"logprobs":null,"finish_reason":"length"}],
        "usage":{"prompt_tokens":1,"completion_tokens":3,"total_tokens":4}}),
    );
    let request = CreateCompletionRequestArgs::default()
        .model("gpt-3.5-turbo-instruct")
        .prompt("Once")
        .max_tokens(3_u32)
        .build()
        .unwrap();
    let answer = setup.client.completions().create(request).await.unwrap();
    assert_eq!(answer.choices[0].text, " upon a time");
    let span = setup.span();
    assert_eq!(span.name, "text_completion gpt-3.5-turbo-instruct");
    assert_eq!(
        text(&span, "gen_ai.operation.name").as_deref(),
        Some("text_completion")
    );
    assert_eq!(
        text(&span, "openai.api.type"),
        None,
        "the convention has no word"
    );
    assert_eq!(int(&span, "gen_ai.usage.output_tokens"), Some(3));
    assert_eq!(texts(&span, "gen_ai.response.finish_reasons"), ["length"]);
    assert_eq!(
        json(&span, "gen_ai.input.messages"),
        json!([{"role":"user","parts":[{"type":"text","content":"Once"}]}])
    );
    assert_eq!(
        json(&span, "gen_ai.output.messages"),
        json!([{"role":"assistant","parts":[{"type":"text","content":" upon a time"}],"finish_reason":"length"}])
    );
}

#[tokio::test]
async fn a_streamed_completion_is_put_together() {
    let setup = Canned::new().await;
    let chunk = |text: &str, finish: Option<&str>| {
        let chunk = json!({"id":"cmpl-1","object":"text_completion","created":5,"model":"gpt-3.5-turbo-instruct",
            "choices":[{"text":text,"index":0,"logprobs":null,"finish_reason":finish}]});
        format!("data: {chunk}\n\n")
    };
    setup.stream(format!(
        "{}{}{}data: [DONE]\n\n",
        chunk(" upon", None),
        chunk(" a time", None),
        chunk("", Some("stop"))
    ));
    let request = CreateCompletionRequestArgs::default()
        .model("gpt-3.5-turbo-instruct")
        .prompt("Once")
        .build()
        .unwrap();
    let mut stream = setup
        .client
        .completions()
        .create_stream(request)
        .await
        .unwrap();
    let mut count = 0;
    while let Some(chunk) = stream.next().await {
        chunk.unwrap();
        count += 1;
    }
    assert_eq!(count, 3);
    let span = setup.span();
    assert_eq!(
        text(&span, "spanloom.outcome").as_deref(),
        Some("completed")
    );
    assert_eq!(
        json(&span, "spanloom.response"),
        json!({"id":"cmpl-1","object":"text_completion","created":5,"model":"gpt-3.5-turbo-instruct",
            "choices":[{"text":" upon a time","index":0,"logprobs":null,"finish_reason":"stop"}]})
    );
}

#[tokio::test]
async fn the_width_of_embeddings_is_measured_where_it_was_not_asked_for() {
    let setup = Canned::new().await;
    setup.answer(
        &json!({"object":"list","model":"text-embedding-3-small",
        "data":[{"object":"embedding","index":0,"embedding":[0.5,-0.5,0.25]}],"usage":{"prompt_tokens":4,"total_tokens":4}}),
    );
    let request = CreateEmbeddingRequestArgs::default()
        .model("text-embedding-3-small")
        .input("a sentence")
        .build()
        .unwrap();
    setup.client.embeddings().create(request).await.unwrap();
    let span = setup.span();
    assert_eq!(int(&span, "gen_ai.embeddings.dimension.count"), Some(3));
}
