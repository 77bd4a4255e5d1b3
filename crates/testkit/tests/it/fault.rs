//! Faults as the real client sees them.

use std::time::Duration;

use async_openai::error::OpenAIError;
use futures_util::StreamExt;
use spanloom_testkit::{Fault, FaultPlan, ModelServer, StatusCode};

use crate::client::{KEY, client, collect, impatient, joined, question, server, start, text};

const LIMITED: Fault = Fault::RateLimited {
    retry_after: Some(Duration::ZERO),
};

fn status_and_code(error: OpenAIError) -> (u16, Option<String>, String) {
    match error {
        OpenAIError::ApiError(error) => (
            error.status_code.as_u16(),
            error.api_error.code,
            error.api_error.message,
        ),
        other => panic!("no answer of the server: {other}"),
    }
}

#[tokio::test]
async fn the_client_retries_a_rate_limit_and_succeeds() {
    let (server, client) = server().await;
    server.fail_next(LIMITED);
    server.fail_next(LIMITED);
    let response = client
        .chat()
        .create(question("what is 2+2?"))
        .await
        .unwrap();
    assert_eq!(text(&response), "2 + 2 equals 4.");
    let statuses: Vec<u16> = server
        .answers()
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    assert_eq!(statuses, [429, 429, 200]);
    assert_eq!(server.pending_faults(), 0);
}

#[tokio::test]
async fn refusals_carry_openais_codes() {
    let server = ModelServer::builder().start().await.unwrap();
    let client = impatient(&server);
    let other = Fault::BadRequest {
        message: "no".to_owned(),
        param: Some("n".to_owned()),
        code: Some("odd".to_owned()),
    };
    let cases = [
        (LIMITED, 429, Some("rate_limit_exceeded")),
        (Fault::InsufficientQuota, 429, Some("insufficient_quota")),
        (
            Fault::ContextLength { limit: 8_192 },
            400,
            Some("context_length_exceeded"),
        ),
        (other, 400, Some("odd")),
        (Fault::Status(StatusCode::INTERNAL_SERVER_ERROR), 500, None),
        (Fault::Status(StatusCode::SERVICE_UNAVAILABLE), 503, None),
    ];
    for (fault, status, code) in cases {
        server.fail_next(fault.clone());
        let error = status_and_code(client.chat().create(question("hello")).await.unwrap_err());
        assert_eq!((error.0, error.1.as_deref()), (status, code), "{fault:?}");
        assert_eq!(server.answers().last().unwrap().fault, Some(fault));
    }
    assert_eq!(server.usage().total_tokens(), 0, "a refusal costs nothing");
}

#[tokio::test]
async fn quota_and_bad_requests_are_not_retried_by_the_client() {
    let (server, client) = server().await;
    for fault in [
        Fault::InsufficientQuota,
        Fault::ContextLength { limit: 8_192 },
    ] {
        server.fail_next(fault);
        client.chat().create(question("hello")).await.unwrap_err();
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_never_repeated() {
    let (server, client) = start(ModelServer::builder().with_api_key("sk-another")).await;
    let (status, code, message) =
        status_and_code(client.chat().create(question("hello")).await.unwrap_err());
    assert_eq!((status, code.as_deref()), (401, Some("invalid_api_key")));
    assert!(!message.contains(KEY) && !format!("{server:?}").contains("sk-"));
    let (_server, client) = start(ModelServer::builder().with_api_key(KEY)).await;
    client.chat().create(question("hello")).await.unwrap();
}

#[tokio::test]
async fn a_cut_stream_ends_with_an_error_after_its_chunks() {
    let (server, client) = server().await;
    server.fail_next(Fault::CutStream { after_chunks: 3 });
    let items = collect(
        client
            .chat()
            .create_stream(question("what is 2+2?"))
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(items.len(), 4);
    assert!(items[..3].iter().all(Result::is_ok));
    assert!(matches!(&items[3], Err(OpenAIError::StreamError(_))));
}

#[tokio::test]
async fn a_stalled_stream_stays_open_until_the_server_stops() {
    let (server, client) = server().await;
    server.fail_next(Fault::StallStream { after_chunks: 2 });
    let mut stream = client
        .chat()
        .create_stream(question("what is 2+2?"))
        .await
        .unwrap();
    stream.next().await.unwrap().unwrap();
    stream.next().await.unwrap().unwrap();
    drop(server);
    stream.next().await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_malformed_chunk_is_one_error_in_a_stream_that_goes_on() {
    let (server, client) = server().await;
    server.fail_next(Fault::MalformedChunk { after_chunks: 2 });
    let items = collect(
        client
            .chat()
            .create_stream(question("what is 2+2?"))
            .await
            .unwrap(),
    )
    .await;
    assert!(matches!(&items[2], Err(OpenAIError::JSONDeserialize(..))));
    let chunks: Vec<_> = items.into_iter().filter_map(Result::ok).collect();
    assert_eq!(joined(&chunks), "2 + 2 equals 4.");
}

#[tokio::test]
async fn an_error_event_ends_the_stream() {
    let (server, client) = server().await;
    server.fail_next(Fault::ErrorEvent { after_chunks: 1 });
    let items = collect(
        client
            .chat()
            .create_stream(question("what is 2+2?"))
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(items.len(), 2);
    assert!(
        matches!(&items[1], Err(OpenAIError::JSONDeserialize(_, content)) if content.contains("server_error"))
    );
}

#[tokio::test]
async fn usage_can_be_missing_where_it_was_asked_for() {
    let (server, client) = server().await;
    server.fail_next(Fault::NoUsage);
    assert_eq!(
        client.chat().create(question("hello")).await.unwrap().usage,
        None
    );
    assert!(
        server.usage().total_tokens() > 0,
        "the journal knows what an estimate should find"
    );
}

#[tokio::test]
async fn a_closed_connection_is_no_answer() {
    let (server, client) = server().await;
    server.fail_next(Fault::Disconnect);
    assert!(matches!(
        client.chat().create(question("hello")).await,
        Err(OpenAIError::Reqwest(_))
    ));
}

#[tokio::test]
async fn a_request_that_hangs_ends_with_the_server() {
    let (server, client) = server().await;
    server.fail_next(Fault::Hang);
    let call = tokio::spawn(async move { client.chat().create(question("hello")).await });
    while server.answers().is_empty() {
        tokio::task::yield_now().await;
    }
    server.stop().await;
    assert!(matches!(call.await.unwrap(), Err(OpenAIError::Reqwest(_))));
}

#[tokio::test]
async fn a_plan_fails_every_nth_first_attempt_and_no_call() {
    let plan = FaultPlan::new().with_every(3, LIMITED);
    let (server, _) = start(ModelServer::builder().with_fault_plan(plan)).await;
    let client = client(&server);
    for number in 0..9 {
        client
            .chat()
            .create(question(&format!("question {number}")))
            .await
            .unwrap();
    }
    let refused: Vec<u64> = server
        .answers()
        .iter()
        .filter(|answer| answer.status == 429)
        .map(|answer| answer.number)
        .collect();
    assert_eq!(refused, [3, 7, 11]);
}
