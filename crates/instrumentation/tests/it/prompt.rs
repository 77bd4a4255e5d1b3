//! A prompt's template and variables on its call.

use serde_json::{Value, json};
use spanloom_instrumentation::{Content, MonitorAttributesExt as _, prompt};

use crate::setup::{Setup, request, text};

fn attributes(setup: &Setup) -> Value {
    let span = setup.span();
    serde_json::from_str(&text(&span, "spanloom.attributes").unwrap()).unwrap()
}

async fn ask(setup: &Setup) {
    let prompt = prompt!(
        name = "solver",
        version = "3",
        "solve {equation} for {audience}",
        equation = "x^2 = 4",
        audience = "a new student"
    );
    let chat = setup.client.chat();
    let answer = chat
        .create(request(prompt.text()))
        .monitor_attributes(&prompt);
    answer.await.unwrap();
}

#[tokio::test]
async fn the_template_and_its_variables_are_recorded() {
    let setup = Setup::with_content(Content::Messages).await;
    ask(&setup).await;
    let sent = setup.server.requests();
    let content = &sent[0].body["messages"][0]["content"];
    assert_eq!(content, "solve x^2 = 4 for a new student");
    let span = setup.span();
    for (name, value) in [
        ("gen_ai.prompt.name", "solver"),
        ("gen_ai.prompt.version", "3"),
        ("gen_ai.prompt.variable.equation", "x^2 = 4"),
        ("gen_ai.prompt.variable.audience", "a new student"),
    ] {
        assert_eq!(text(&span, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(text(&span, "spanloom.prompt.hash").unwrap().len(), 16);
    assert_eq!(
        attributes(&setup),
        json!({"prompt_template": "solve {equation} for {audience}",
            "params": {"equation": "x^2 = 4", "audience": "a new student"}})
    );
}

#[tokio::test]
async fn without_content_the_variables_stay_out() {
    let setup = Setup::new().await;
    ask(&setup).await;
    let span = setup.span();
    assert_eq!(text(&span, "gen_ai.prompt.name").as_deref(), Some("solver"));
    let shown = format!("{span:?}");
    for secret in ["x^2 = 4", "new student"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    assert_eq!(
        attributes(&setup),
        json!({"prompt_template": "solve {equation} for {audience}"})
    );
}

#[tokio::test]
async fn a_prompt_without_a_name_has_no_version() {
    let setup = Setup::with_content(Content::Messages).await;
    let prompt = prompt!("say {x}", x = 7).with_version("2");
    let chat = setup.client.chat();
    let answer = chat.create(request(prompt.text()));
    answer.monitor_attributes(&prompt).await.unwrap();
    let span = setup.span();
    assert_eq!(text(&span, "gen_ai.prompt.version"), None);
    assert_eq!(
        text(&span, "gen_ai.prompt.variable.x").as_deref(),
        Some("7")
    );
}
