use futures_util::{StreamExt as _, TryStreamExt as _};
use spanloom_instrumentation::{Content, text_from_stream};
use spanloom_testkit::Fault;

use crate::setup::{Setup, request, text};

#[tokio::test]
async fn the_text_of_a_stream_is_that_of_its_record() {
    let setup = Setup::with_content(Content::Bodies).await;
    let chat = setup.client.chat();
    let stream = chat
        .create_stream(request("Tell me a story."))
        .await
        .unwrap();
    let pieces: Vec<String> = text_from_stream(stream).try_collect().await.unwrap();
    assert!(pieces.len() > 1, "pieces as they come");
    assert!(pieces.iter().all(|piece| !piece.is_empty()));
    let span = setup.span();
    let response = text(&span, "spanloom.response").unwrap();
    let response: serde_json::Value = serde_json::from_str(&response).unwrap();
    assert_eq!(
        response["choices"][0]["message"]["content"],
        pieces.concat()
    );
}

#[tokio::test]
async fn an_error_in_the_stream_is_passed_on() {
    let setup = Setup::new().await;
    setup
        .server
        .fail_next(Fault::ErrorEvent { after_chunks: 4 });
    let chat = setup.client.chat();
    let stream = chat
        .create_stream(request("Tell me a story."))
        .await
        .unwrap();
    let pieces: Vec<_> = text_from_stream(stream).collect().await;
    assert!(pieces.iter().any(Result::is_ok));
    assert!(pieces.iter().any(Result::is_err));
}
