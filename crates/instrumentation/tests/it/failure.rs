use std::time::Duration;

use async_openai::error::OpenAIError;
use opentelemetry::trace::Status;
use spanloom_testkit::{Fault, StatusCode};

use crate::setup::{Setup, int, request, text};

#[tokio::test]
async fn retries_are_attempts_of_one_span() {
    let setup = Setup::new().await;
    setup.server.fail_next(Fault::RateLimited {
        retry_after: Some(Duration::ZERO),
    });
    setup
        .client
        .chat()
        .create(request("hello world!"))
        .await
        .unwrap();
    let span = setup.span();
    assert_eq!(int(&span, "spanloom.attempts"), Some(2));
    assert_eq!(
        text(&span, "spanloom.outcome").as_deref(),
        Some("completed")
    );
    assert_eq!(span.status, Status::Unset);
    assert_eq!(
        setup.server.requests().len(),
        2,
        "async-openai's own retries stay"
    );
}

#[tokio::test]
async fn an_error_names_the_providers_code_and_reaches_the_caller_unchanged() {
    let setup = Setup::new().await;
    let mut errors = Vec::new();
    for client in [&setup.client, &setup.plain] {
        setup.server.fail_next(Fault::ContextLength { limit: 10 });
        errors.push(
            client
                .chat()
                .create(request("hello world!"))
                .await
                .unwrap_err(),
        );
    }
    let [with, without] = &errors[..] else {
        panic!("two errors")
    };
    assert_eq!(with.to_string(), without.to_string());
    assert!(matches!(with, OpenAIError::ApiError(_)));
    let span = setup.span();
    assert_eq!(
        text(&span, "error.type").as_deref(),
        Some("context_length_exceeded")
    );
    assert_eq!(text(&span, "spanloom.outcome").as_deref(), Some("error"));
    assert!(
        matches!(&span.status, Status::Error { description } if description.contains("context length"))
    );
    assert_eq!(text(&span, "spanloom.cost.total_usd"), None);
    assert_eq!(text(&span, "gen_ai.usage.input_tokens"), None);
}

#[tokio::test]
async fn exhausted_retries_are_one_error() {
    let setup = Setup::new().await;
    for _ in 0..4 {
        setup.server.fail_next(Fault::RateLimited {
            retry_after: Some(Duration::ZERO),
        });
    }
    setup
        .client
        .chat()
        .create(request("hello world!"))
        .await
        .unwrap_err();
    let span = setup.span();
    assert_eq!(int(&span, "spanloom.attempts"), Some(4));
    assert_eq!(
        text(&span, "error.type").as_deref(),
        Some("rate_limit_exceeded")
    );
}

#[tokio::test]
async fn a_server_error_and_a_lost_connection_have_their_types() {
    let setup = Setup::new().await;
    setup.server.fail_next(Fault::Disconnect);
    setup
        .client
        .chat()
        .create(request("hello world!"))
        .await
        .unwrap_err();
    let span = setup.span();
    assert_eq!(text(&span, "error.type").as_deref(), Some("request_error"));
    let Status::Error { description } = &span.status else {
        panic!("{:?}", span.status)
    };
    assert!(
        !description.contains("http://"),
        "a URL may hold a key: {description}"
    );

    setup.spans.clear();
    setup
        .server
        .fail_next(Fault::Status(StatusCode::NOT_IMPLEMENTED));
    setup
        .server
        .fail_next(Fault::Status(StatusCode::NOT_IMPLEMENTED));
    setup
        .server
        .fail_next(Fault::Status(StatusCode::NOT_IMPLEMENTED));
    setup
        .server
        .fail_next(Fault::Status(StatusCode::NOT_IMPLEMENTED));
    setup
        .client
        .chat()
        .create(request("hello world!"))
        .await
        .unwrap_err();
    let kind = text(&setup.span(), "error.type");
    assert_eq!(kind.as_deref(), Some("server_error"));
}
