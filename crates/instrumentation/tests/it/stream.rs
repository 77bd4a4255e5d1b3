use futures_util::StreamExt as _;
use opentelemetry::trace::Status;
use spanloom_instrumentation::Content;
use spanloom_testkit::Fault;

use crate::setup::{Setup, float, int, request, text};

const STORY: &str = "Tell me a 50-word story.";

fn streamed(usage: bool) -> async_openai::types::chat::CreateChatCompletionRequest {
    let mut request = request(STORY);
    request.stream = Some(true);
    request.stream_options =
        usage.then(|| serde_json::from_value(serde_json::json!({"include_usage": true})).unwrap());
    request
}

/// Reads a stream to its end; returns the text, and whether it ended in an error.
async fn read(setup: &Setup, monitored: bool, usage: bool) -> (String, bool) {
    let client = if monitored {
        &setup.client
    } else {
        &setup.plain
    };
    let mut stream = client.chat().create_stream(streamed(usage)).await.unwrap();
    let (mut text, mut failed) = (String::new(), false);
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => text.extend(
                chunk
                    .choices
                    .into_iter()
                    .filter_map(|choice| choice.delta.content),
            ),
            Err(_) => failed = true,
        }
    }
    (text, failed)
}

#[tokio::test]
async fn a_stream_is_one_span_with_its_whole_text() {
    let setup = Setup::with_content(Content::Both).await;
    let (story, failed) = read(&setup, true, true).await;
    assert!(!failed && !story.is_empty());
    let span = setup.span();
    assert_eq!(
        text(&span, "spanloom.outcome").as_deref(),
        Some("completed")
    );
    assert_eq!(
        text(&span, "spanloom.usage.source").as_deref(),
        Some("reported")
    );
    assert!(int(&span, "gen_ai.usage.output_tokens").unwrap() > 0);
    let first = float(&span, "gen_ai.response.time_to_first_chunk").unwrap();
    assert!(
        first > 0.0
            && first
                <= span
                    .end_time
                    .duration_since(span.start_time)
                    .unwrap()
                    .as_secs_f64()
    );
    let response: serde_json::Value =
        serde_json::from_str(&text(&span, "spanloom.response").unwrap()).unwrap();
    assert_eq!(response["choices"][0]["message"]["content"], story);
    assert_eq!(response["object"], "chat.completion");
    assert!(
        text(&span, "gen_ai.output.messages")
            .unwrap()
            .contains("\"finish_reason\":\"stop\"")
    );
}

#[tokio::test]
async fn without_usage_tokens_are_estimated_and_marked() {
    let setup = Setup::new().await;
    let (reported, _) = read(&setup, true, true).await;
    let (estimated, _) = read(&setup, true, false).await;
    assert_eq!(reported, estimated, "the same prompt has the same answer");
    let spans = setup.spans.wait_for(2).unwrap();
    let estimate = spans
        .iter()
        .find(|span| text(span, "spanloom.usage.source").as_deref() == Some("estimated"));
    let estimate = estimate.expect("one span is estimated");
    let report = spans
        .iter()
        .find(|span| text(span, "spanloom.usage.source").as_deref() == Some("reported"))
        .unwrap();
    for count in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"] {
        assert_eq!(
            int(estimate, count),
            int(report, count),
            "{count}: the tokenizer is the server's"
        );
    }
    assert_eq!(
        text(estimate, "spanloom.cost.source").as_deref(),
        Some("estimated")
    );
}

// async-openai reads a stream on a separate task, which needs a thread while this one waits for the span.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_stream_dropped_half_way_is_cancelled() {
    let setup = Setup::with_content(Content::Bodies).await;
    setup
        .server
        .fail_next(Fault::StallStream { after_chunks: 3 });
    let mut stream = setup
        .client
        .chat()
        .create_stream(streamed(true))
        .await
        .unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    let span = setup.span();
    assert_eq!(
        text(&span, "spanloom.outcome").as_deref(),
        Some("cancelled")
    );
    assert_eq!(span.status, Status::Unset);
    assert_eq!(text(&span, "error.type"), None);
    assert!(
        text(&span, "spanloom.response").is_some(),
        "what had arrived is kept"
    );
}

#[tokio::test]
async fn a_call_timed_out_by_its_caller_is_cancelled() {
    let setup = Setup::new().await;
    setup.server.fail_next(Fault::Hang);
    let chat = setup.client.chat();
    let call = chat.create(request("hello world!"));
    let started = async {
        while setup.server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = call => panic!("the server never answers"),
        () = started => {}
    }
    let span = setup.span();
    assert_eq!(
        text(&span, "spanloom.outcome").as_deref(),
        Some("cancelled")
    );
    assert_eq!(int(&span, "spanloom.attempts"), Some(1));
}

#[tokio::test]
async fn a_broken_stream_is_an_error_and_the_caller_sees_what_it_would_without_us() {
    for fault in [
        Fault::CutStream { after_chunks: 4 },
        Fault::ErrorEvent { after_chunks: 4 },
        Fault::MalformedChunk { after_chunks: 4 },
    ] {
        let setup = Setup::new().await;
        setup.server.fail_next(fault.clone());
        let with = read(&setup, true, true).await;
        setup.server.fail_next(fault.clone());
        let without = read(&setup, false, true).await;
        assert_eq!(with, without, "{fault:?}");
        let span = setup.span();
        let outcome = text(&span, "spanloom.outcome");
        // A malformed chunk is followed by good ones, and the stream is complete.
        let expected = if matches!(fault, Fault::MalformedChunk { .. }) {
            "completed"
        } else {
            "error"
        };
        assert_eq!(outcome.as_deref(), Some(expected), "{fault:?}");
        assert_eq!(
            text(&span, "error.type").is_some(),
            expected == "error",
            "{fault:?}"
        );
    }
}
