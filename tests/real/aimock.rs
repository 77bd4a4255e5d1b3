//! aimock answers; the caller receives the same as without the layer, and the recorded call matches aimock's journal.

use opentelemetry_sdk::trace::SpanData;
use serde_json::{Value, json};
use spanloom_tests::parts::aimock::Aimock;

use crate::model::{Got, Layered, ask, get, plain, streamed, user};

/// One request to a fresh server without the layer, and one to another server with it.
struct Pair {
    got: Got,
    span: SpanData,
    /// The journal of the server that was asked through the layer.
    journal: Vec<Value>,
}

/// Fails unless both callers received the same.
async fn pair(request: &Value) -> Pair {
    let without = Aimock::start().await.unwrap();
    let expected = ask(&plain(&without.base_url()), request).await;
    let with = Aimock::start().await.unwrap();
    let layered = Layered::new(&with.base_url());
    let got = ask(&layered.client, request).await;
    // Transport errors contain the address, which differs between the servers.
    let own = |got: &[String], base: &str| -> Got {
        got.iter().map(|said| said.replace(base, "BASE")).collect()
    };
    assert_eq!(
        own(&got, &with.base_url()),
        own(&expected, &without.base_url())
    );
    let journal = with.journal().await.unwrap();
    assert_eq!(
        journal.len(),
        without.journal().await.unwrap().len(),
        "no request more, none less"
    );
    Pair {
        got,
        span: layered.span(1),
        journal,
    }
}

impl Pair {
    /// Returns the usage of the answer in the script.
    fn usage(&self) -> &Value {
        &self.journal.last().unwrap()["response"]["fixture"]["response"]["usage"]
    }

    fn status(&self) -> Value {
        self.journal.last().unwrap()["response"]["status"].clone()
    }

    fn assert_usage(&self) {
        assert_eq!(
            get(&self.span, "gen_ai.usage.input_tokens"),
            self.usage()["prompt_tokens"]
        );
        assert_eq!(
            get(&self.span, "gen_ai.usage.output_tokens"),
            self.usage()["completion_tokens"]
        );
        assert_eq!(get(&self.span, "spanloom.usage.source"), "reported");
    }

    fn recorded(&self) -> Value {
        serde_json::from_str(get(&self.span, "spanloom.response").as_str().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_plain_answer() {
    let pair = pair(&user("plain")).await;
    pair.assert_usage();
    assert_eq!(pair.status(), 200);
    assert_eq!(get(&pair.span, "gen_ai.response.id"), "chatcmpl-plain");
    // The recorded request is the sent one, byte for byte what aimock read.
    let mut sent = pair.journal[0]["body"].clone();
    sent.as_object_mut().unwrap().remove("_endpointType");
    let request: Value =
        serde_json::from_str(get(&pair.span, "spanloom.request").as_str().unwrap()).unwrap();
    assert_eq!(request, sent);
}

#[tokio::test]
async fn a_stream_with_its_usage_chunk() {
    let pair = pair(&streamed(user("plain"))).await;
    pair.assert_usage();
    assert!(pair.got.len() > 3, "it came in pieces: {:?}", pair.got);
    assert_eq!(
        pair.recorded()["choices"][0]["message"]["content"],
        "A plain answer, in pieces when it is streamed."
    );
    assert!(get(&pair.span, "gen_ai.response.time_to_first_chunk").as_f64() > Some(0.0));
}

#[tokio::test]
async fn tool_calls_plain_and_streamed() {
    for request in [user("weather"), streamed(user("weather"))] {
        let pair = pair(&request).await;
        pair.assert_usage();
        assert_eq!(
            get(&pair.span, "gen_ai.response.finish_reasons"),
            json!(["tool_calls"])
        );
        let call = pair.recorded()["choices"][0]["message"]["tool_calls"][0].take();
        assert_eq!(
            (&call["id"], &call["function"]["name"]),
            (&json!("call_weather"), &json!("get_weather"))
        );
        let arguments: Value =
            serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
        assert_eq!(arguments, json!({"city": "Oslo"}));
    }
}

#[tokio::test]
async fn too_many_requests_are_waited_for_as_the_server_says() {
    let pair = pair(&user("busy")).await;
    pair.assert_usage();
    let statuses: Vec<&Value> = pair
        .journal
        .iter()
        .map(|entry| &entry["response"]["status"])
        .collect();
    assert_eq!(statuses, [&json!(429), &json!(200)]);
    assert_eq!(get(&pair.span, "spanloom.attempts"), 2);
    assert_eq!(get(&pair.span, "spanloom.outcome"), "completed");
}

#[tokio::test]
async fn a_server_error_is_tried_again() {
    let pair = pair(&user("stumbles")).await;
    pair.assert_usage();
    assert_eq!(get(&pair.span, "spanloom.attempts"), pair.journal.len());
    assert_eq!(pair.journal.len(), 2);
}

#[tokio::test]
async fn an_error_reaches_the_caller_and_the_span() {
    let pair = pair(&user("unknown model")).await;
    assert_eq!(pair.status(), 404);
    assert_eq!(get(&pair.span, "error.type"), "model_not_found");
    assert_eq!(get(&pair.span, "spanloom.outcome"), "error");
    assert!(
        pair.got[0].contains("The model does not exist"),
        "{:?}",
        pair.got
    );
}

#[tokio::test]
async fn a_stream_that_is_cut_off_keeps_what_had_come() {
    let pair = pair(&streamed(user("cut off"))).await;
    assert!(
        pair.got.iter().any(|piece| piece.starts_with("error: ")),
        "{:?}",
        pair.got
    );
    assert_eq!(get(&pair.span, "spanloom.outcome"), "error");
    let come = pair.recorded()["choices"][0]["message"]["content"].take();
    assert_eq!(come, "This answer is long ");
    assert_eq!(get(&pair.span, "spanloom.usage.source"), "estimated");
}

#[tokio::test]
async fn a_connection_hung_up_is_an_error_with_a_type() {
    // With retries the client would continue for a quarter of an hour.
    let server = Aimock::start().await.unwrap();
    let layered = Layered::without_retries(&server.base_url());
    let got = ask(&layered.client, &streamed(user("hang up"))).await;
    assert!(got[0].starts_with("error: "), "{got:?}");
    let span = layered.span(1);
    assert_eq!(get(&span, "spanloom.outcome"), "error");
    assert!(get(&span, "error.type").is_string(), "{span:#?}");
}

#[tokio::test]
async fn a_malformed_answer_and_a_malformed_chunk_are_the_callers_to_see() {
    let whole = pair(&user("malformed")).await;
    assert!(whole.got[0].starts_with("error: "), "{:?}", whole.got);
    assert_eq!(get(&whole.span, "gen_ai.usage.input_tokens"), Value::Null);

    // One chunk has half a character, which `serde_json` rejects; the others stay.
    let chunk = pair(&streamed(user("split character"))).await;
    assert!(
        chunk.got.iter().any(|piece| piece.starts_with("error: ")),
        "{:?}",
        chunk.got
    );
    assert!(
        chunk.got.iter().any(|piece| piece.contains("gain")),
        "{:?}",
        chunk.got
    );
    chunk.assert_usage();
}
