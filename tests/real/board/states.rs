//! What the board shows of its server, and what the panel of a call gives and takes.

use serde_json::{Value, json};
use spanloom_tests::parts::chromium::Browser;

use super::{ROWS, click, opened, until};

/// The button of the header.
const FOLLOWING: &str = "document.querySelector('header > .tools > button[aria-pressed]')";
const AWAY: &str = "document.querySelector('.away')?.innerText ?? ''";
const PANEL: &str = "aside[aria-label=Call]";

async fn follows(browser: &Browser, state: &str) {
    let text = format!("{FOLLOWING}?.textContent.trim()");
    until(browser, &text, |text| text == state).await;
}

async fn is_away(browser: &Browser) {
    until(browser, AWAY, |text| {
        text.as_str()
            .is_some_and(|text| text.contains("Server not reachable"))
    })
    .await;
    follows(browser, "Not reachable").await;
}

/// Returns complaints about anything but the server that has gone.
async fn other_complaints(browser: &Browser) -> Vec<String> {
    let mut complaints = browser.complaints().await.unwrap();
    complaints.retain(|complaint| !complaint.contains("net::ERR_"));
    complaints
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_shows_a_pause_and_a_server_that_has_gone() {
    let (server, browser, calls) = opened(1280, 900).await.unwrap();
    follows(&browser, "Live").await;
    click(&browser, FOLLOWING).await;
    follows(&browser, "Paused").await;
    click(&browser, FOLLOWING).await;
    follows(&browser, "Live").await;
    assert_eq!(
        browser.run(&format!("return {AWAY}")).await.unwrap(),
        json!("")
    );
    drop(server);
    is_away(&browser).await;
    // What was found stays.
    let rows = browser.run(&format!("return {ROWS}.length")).await.unwrap();
    assert_eq!(rows, json!(calls.len()));
    browser.keep_screenshot("board-away.png").await.unwrap();
    assert_eq!(other_complaints(&browser).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_page_keeps_its_calls_when_the_server_has_gone() {
    let (server, browser, calls) = opened(1280, 900).await.unwrap();
    let page = format!("{}/demo/cookbook/table/openai_logs/live", server.url);
    browser.tab.goto(&page).await.unwrap();
    let rows = "document.querySelectorAll('section[aria-labelledby=live] tr[data-call]').length";
    let count = calls.len();
    until(&browser, rows, |rows| rows == &json!(count)).await;
    drop(server);
    let state = "document.querySelector('section[aria-labelledby=live] .head .state')?.textContent";
    until(&browser, state, |state| state == "Reconnecting…").await;
    is_away(&browser).await;
    let left = browser.run(&format!("return {rows}")).await.unwrap();
    assert_eq!(left, json!(count));
    assert_eq!(other_complaints(&browser).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_copied_as_a_command_and_keeps_the_feedback_on_it() {
    let (server, browser, calls) = opened(1440, 1_000).await.unwrap();
    let is_tried = |call: &&Value| call["attributes"]["params"]["audience"].is_string();
    let call = calls.iter().find(is_tried).unwrap();
    let page = format!(
        "{}/demo/cookbook/table/openai_logs?call={}",
        server.url,
        call["id"].as_str().unwrap()
    );
    browser.tab.goto(&page).await.unwrap();

    // Whether a browser without a window has a clipboard is not the board's affair.
    browser.run("Object.defineProperty(navigator.clipboard, 'writeText', {value: async text => { window.copied = text; }})").await.unwrap();
    click(&browser, &format!("[...document.querySelectorAll('{PANEL} button:enabled')].find(button => button.textContent.includes('Copy as curl'))")).await;
    let copied = until(&browser, "window.copied", Value::is_string).await;
    let copied = copied.as_str().unwrap();
    assert!(copied.starts_with("curl \""), "{copied}");
    let messages = call["inputs"]["messages"].as_array().unwrap();
    let prompt = messages.last().unwrap()["content"].as_str().unwrap();
    for part in ["/chat/completions\"", "$OPENAI_API_KEY", prompt] {
        assert!(copied.contains(part), "{part}\n{copied}");
    }
    assert!(!copied.contains("sk-"), "{copied}");

    let feedback = format!(
        "document.querySelector('{PANEL} dl[aria-label=\"Scores and feedback\"]')?.innerText ?? ''"
    );
    let none = browser.run(&format!("return {feedback}")).await.unwrap();
    assert_eq!(none, json!(""));
    let up = format!("document.querySelector('{PANEL} button[aria-label=\"Thumbs up\"]')");
    click(&browser, &up).await;
    let is_up = |text: &Value| text.as_str().is_some_and(|text| text.contains('👍'));
    until(&browser, &feedback, is_up).await;
    browser.tab.refresh().await.unwrap();
    until(&browser, &feedback, is_up).await;
    browser.keep_screenshot("board-feedback.png").await.unwrap();
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}
