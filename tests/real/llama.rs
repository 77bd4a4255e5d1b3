//! llama.cpp's server answers: token counts, caches and refusals of a real model server.

use serde_json::{Value, json};
use spanloom_tests::parts::llama::{CONTEXT, Llama};

use crate::model::{Layered, ask, get, plain, streamed};

/// Returns a conversation with characters of one to four bytes, and a truncated answer.
fn request() -> Value {
    json!({
        "model": "tiny",
        "messages": [
            {"role": "system", "content": "Sprich deutsch: äöü ß"},
            {"role": "user", "content": "héllo wörld, 中文 🙂 and ☃ which no token has"},
        ],
        "max_tokens": 40,
        "temperature": 0.0,
        "seed": 1,
    })
}

/// Returns the usage that the server reports to an unmonitored client.
async fn reported(server: &Llama, request: &Value) -> Value {
    let answer = reqwest::Client::new()
        .post(format!("{}/chat/completions", server.base_url()))
        .json(request)
        .send()
        .await
        .unwrap();
    answer.json::<Value>().await.unwrap()["usage"].take()
}

#[tokio::test]
async fn the_caller_gets_the_same_and_the_tokens_are_the_servers_own() {
    let server = Llama::start().await.unwrap();
    let layered = Layered::new(&server.base_url());
    // Twice, because a slot's cache takes one call to fill: from then on every call has the same cache.
    for _ in 0..2 {
        ask(&plain(&server.base_url()), &request()).await;
    }
    for (count, request) in [(1, request()), (2, streamed(request()))] {
        let expected = ask(&plain(&server.base_url()), &request).await;
        let got = ask(&layered.client, &request).await;
        assert_eq!(without_timings(&got), without_timings(&expected));
        let span = layered.span(count);
        let mut plain_request = request.clone();
        plain_request
            .as_object_mut()
            .unwrap()
            .retain(|key, _| !key.starts_with("stream"));
        let usage = reported(&server, &plain_request).await;
        assert_eq!(
            get(&span, "gen_ai.usage.input_tokens"),
            usage["prompt_tokens"]
        );
        assert_eq!(
            get(&span, "gen_ai.usage.output_tokens"),
            usage["completion_tokens"]
        );
        assert_eq!(
            get(&span, "gen_ai.usage.cache_read.input_tokens"),
            usage["prompt_tokens_details"]["cached_tokens"]
        );
        assert!(
            usage["prompt_tokens_details"]["cached_tokens"].as_u64() > Some(0),
            "{usage}"
        );
        assert_eq!(get(&span, "spanloom.usage.source"), "reported");
        assert_eq!(
            get(&span, "gen_ai.response.finish_reasons"),
            json!(["length"])
        );
        // The cost of a model without a price is unknown.
        assert_eq!(get(&span, "spanloom.cost.total_usd"), Value::Null);
        // A separate request to the server's tokenizer returns the same count.
        let counted = server.count(&request["messages"]).await.unwrap();
        assert_eq!(usage["prompt_tokens"], counted);
    }
}

/// Removes the server's timings, which vary.
fn without_timings(got: &[String]) -> Vec<String> {
    got.iter()
        .map(|said| match serde_json::from_str::<Value>(said) {
            Ok(mut answer) => {
                answer["timings"].take();
                answer.to_string()
            }
            Err(_) => said.clone(),
        })
        .collect()
}

#[tokio::test]
async fn garbage_bytes_in_a_stream_are_recorded_as_they_were_heard() {
    let server = Llama::start().await.unwrap();
    let layered = Layered::new(&server.base_url());
    let got = ask(&layered.client, &streamed(request())).await;
    let heard: String = got
        .iter()
        .filter_map(|piece| serde_json::from_str::<Value>(piece).ok())
        .filter_map(|piece| {
            piece["choices"][0]["delta"]["content"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    assert!(
        heard.contains('\u{FFFD}'),
        "random bytes are seldom UTF-8: {heard:?}"
    );
    let span = layered.span(1);
    let recorded: Value =
        serde_json::from_str(get(&span, "spanloom.response").as_str().unwrap()).unwrap();
    assert_eq!(recorded["choices"][0]["message"]["content"], heard);
    assert_eq!(recorded["usage"]["completion_tokens"], 40);
}

#[tokio::test]
async fn a_conversation_too_long_is_a_genuine_400() {
    let server = Llama::start().await.unwrap();
    let layered = Layered::new(&server.base_url());
    let mut request = request();
    request["messages"][1]["content"] = json!("long ".repeat(usize::try_from(CONTEXT).unwrap()));
    let expected = ask(&plain(&server.base_url()), &request).await;
    let got = ask(&layered.client, &request).await;
    assert_eq!(got, expected);
    let span = layered.span(1);
    assert_eq!(get(&span, "error.type"), "exceed_context_size_error");
    assert_eq!(get(&span, "spanloom.outcome"), "error");
    assert_eq!(get(&span, "gen_ai.usage.input_tokens"), Value::Null);
}

#[tokio::test]
async fn usage_that_was_not_reported_is_an_estimate_and_says_so() {
    let server = Llama::start().await.unwrap();
    let layered = Layered::new(&server.base_url());
    let mut request = streamed(request());
    request.as_object_mut().unwrap().remove("stream_options");
    ask(&layered.client, &request).await;
    let span = layered.span(1);
    // Its tokenizer has no estimate: no figure is compared with the server's.
    assert_eq!(get(&span, "spanloom.usage.source"), "rough");
    assert!(get(&span, "gen_ai.usage.input_tokens").is_number());
}
