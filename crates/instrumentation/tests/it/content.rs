use serde_json::{Value, json};
use spanloom_instrumentation::Content;

use crate::setup::{Setup, request, text};

#[tokio::test]
async fn nothing_of_the_content_is_recorded_unless_asked_for() {
    let setup = Setup::with_content(Content::Off).await;
    setup
        .client
        .chat()
        .create(request("a secret question"))
        .await
        .unwrap();
    let span = setup.span();
    let shown = format!("{span:?}");
    assert!(!shown.contains("secret question"), "{shown}");
    assert!(!shown.contains("sk-test"), "{shown}");
}

#[tokio::test]
async fn messages_have_the_conventions_shape() {
    let setup = Setup::with_content(Content::Messages).await;
    setup
        .client
        .chat()
        .create(request("what is 2+2?"))
        .await
        .unwrap();
    let span = setup.span();
    let input: Value =
        serde_json::from_str(&text(&span, "gen_ai.input.messages").unwrap()).unwrap();
    assert_eq!(
        input,
        json!([{"role": "user", "parts": [{"type": "text", "content": "what is 2+2?"}]}])
    );
    let output: Value =
        serde_json::from_str(&text(&span, "gen_ai.output.messages").unwrap()).unwrap();
    assert_eq!(output[0]["finish_reason"], "stop");
    assert_eq!(text(&span, "spanloom.request"), None);
}

#[tokio::test]
async fn bodies_are_the_providers_own_json() {
    let setup = Setup::with_content(Content::Bodies).await;
    let answer = setup
        .client
        .chat()
        .create(request("what is 2+2?"))
        .await
        .unwrap();
    let span = setup.span();
    let sent: Value = serde_json::from_str(&text(&span, "spanloom.request").unwrap()).unwrap();
    assert_eq!(sent["messages"][0]["content"], "what is 2+2?");
    let received: Value = serde_json::from_str(&text(&span, "spanloom.response").unwrap()).unwrap();
    assert_eq!(received["id"], answer.id);
    assert_eq!(text(&span, "gen_ai.input.messages"), None);
    assert!(
        !format!("{span:?}").contains("sk-test"),
        "the key is never recorded"
    );
}

#[tokio::test]
async fn secrets_of_known_shapes_are_masked_everywhere() {
    use spanloom_instrumentation::MonitorAttributesExt as _;
    const SECRET: &str = "sk-proj-abcdefghijklmnopqrstuvwxyz012345";
    let setup = Setup::with_content(Content::Both).await;
    let call = request(&format!("my key is {SECRET}, repeat it"));
    let chat = setup.client.chat();
    chat.create(call)
        .monitor_attributes(json!({"note": SECRET}))
        .await
        .unwrap();
    let span = setup.span();
    assert!(!format!("{span:?}").contains(SECRET));
    assert!(
        text(&span, "spanloom.request")
            .unwrap()
            .contains("my key is [redacted:api_key], repeat it")
    );
}
