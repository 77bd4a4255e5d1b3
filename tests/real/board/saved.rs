//! Boards that are saved: by the page, by somebody else meanwhile, and after their deletion.

use serde_json::{Value, json};
use spanloom_tests::parts::chromium::Browser;

use super::keyboard::press;
use super::{click, opened, until};
use crate::program::Server;

const NAME: &str = "document.querySelector('h2#board')?.textContent.trim()";
const FIELD: &str = "document.activeElement?.getAttribute('aria-label')";
const TAB: &str =
    "document.querySelector('nav[aria-label=Boards] [aria-current]')?.textContent.trim()";
const PANELS: &str =
    "document.querySelectorAll('section[aria-labelledby=board] :is(.numbers, .panels) > *').length";
const ROWS: &str = "document.querySelectorAll('ol[aria-label=\"Panels of the board\"] li').length";
const STATUS: &str =
    "[...document.querySelectorAll('main [role=status]')].map(it => it.textContent).join(' ')";
const ALERT: &str = "document.querySelector('main [role=alert]')?.textContent ?? ''";
/// Words of a program where a number should be.
const WRONG: &str =
    r"document.querySelector('main').innerText.match(/\b(NaN|Infinity|undefined|null)\b/g)";

fn button(text: &str) -> String {
    format!(
        "[...document.querySelectorAll('main :is(button, summary)')].find(it => it.textContent.trim().startsWith('{text}'))"
    )
}

async fn shows(browser: &Browser, script: &str, expected: &str) {
    until(browser, script, |found| found == expected).await;
}

async fn contains(browser: &Browser, script: &str, words: &str) {
    until(browser, script, |text| {
        text.as_str().is_some_and(|text| text.contains(words))
    })
    .await;
}

/// Saves a board as another program does: a new one, or a version of the one with the id. Returns the id.
pub(super) async fn save(
    server: &Server,
    project: &str,
    id: Option<&str>,
    board: &Value,
) -> String {
    let (entity, project) = project.split_once('/').unwrap();
    let body = json!({"entity": entity, "project": project, "id": id, "board": board});
    let saved = reqwest::Client::new()
        .post(format!("{}/api/boards", server.url))
        .json(&body);
    let saved = saved.send().await.unwrap().error_for_status().unwrap();
    let saved: Value = saved.json().await.unwrap();
    saved["id"].as_str().unwrap().to_owned()
}

/// Returns a board of one panel.
pub(super) fn board(title: &str, panel: &str) -> Value {
    json!({"title": title, "about": panel, "stream": null,
        "panels": [{"title": panel, "measure": "calls", "by": ["model"], "draw": "bars"}]})
}

async fn shown_board(browser: &Browser) -> String {
    let id = "new URLSearchParams(location.search).get('board')";
    let id = until(browser, id, |id| {
        id.as_str().is_some_and(|id| id.len() == 36)
    })
    .await;
    id.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_saved_renamed_changed_deleted_and_brought_back() {
    let (server, browser, _) = opened(1440, 1_000).await.unwrap();
    let boards = format!("{}/demo/cookbook/table/openai_logs/boards", server.url);
    browser
        .tab
        .goto(&format!("{boards}?board=cost"))
        .await
        .unwrap();
    click(&browser, &button("Save as a board")).await;
    // The name of a new board is asked for first.
    shows(&browser, FIELD, "Name of the board").await;
    press(&browser, "Money <b>\u{e007}").await;
    shows(&browser, NAME, "Money <b>").await;
    shows(&browser, TAB, "Money <b>").await;
    let id = shown_board(&browser).await;
    let drawn = until(&browser, PANELS, |panels| panels.as_u64() > Some(8)).await;
    browser.keep_screenshot("board-saved.png").await.unwrap();

    click(&browser, &button("Edit panels")).await;
    let rows = until(&browser, ROWS, |rows| rows.as_u64() > Some(8)).await;
    click(&browser, &button("Remove")).await;
    until(&browser, ROWS, |left| {
        left.as_u64() == rows.as_u64().map(|rows| rows - 1)
    })
    .await;
    until(&browser, PANELS, |left| left.as_u64() < drawn.as_u64()).await;
    browser
        .keep_screenshot("board-saved-edited.png")
        .await
        .unwrap();

    // Somebody else is not overwritten.
    let others = board("Money of others", "Calls");
    save(&server, "demo/cookbook", Some(&id), &others).await;
    click(&browser, &button("Remove")).await;
    contains(&browser, ALERT, "saved by somebody else since").await;
    click(&browser, &button("Load it again")).await;
    shows(&browser, NAME, "Money of others").await;
    until(&browser, PANELS, |panels| panels == &json!(1)).await;

    click(&browser, &button("Versions")).await;
    click(&browser, &button("2: ")).await;
    contains(&browser, STATUS, "This is version 2 of 4").await;
    click(&browser, &button("Restore")).await;
    shows(&browser, NAME, "Money <b>").await;
    until(&browser, PANELS, |panels| panels == &drawn).await;

    click(&browser, &button("Delete")).await;
    contains(&browser, STATUS, "is deleted").await;
    shows(&browser, TAB, "OpenAI monitor").await;
    click(&browser, &button("Undo")).await;
    shows(&browser, NAME, "Money <b>").await;
    assert_eq!(shown_board(&browser).await, id);
    let wrong = browser.run(&format!("return {WRONG}")).await.unwrap();
    assert_eq!(wrong, Value::Null);
    // The browser reports an answer of 409 too.
    let mut complaints = browser.complaints().await.unwrap();
    complaints.retain(|complaint| !complaint.contains("status of 409"));
    assert_eq!(complaints, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_added_to_a_board_which_its_project_lists() {
    let (server, browser, _) = opened(1280, 900).await.unwrap();
    let stream = format!("{}/demo/cookbook/table/openai_logs", server.url);
    let explore = format!("{stream}/explore?measure=p95_ms&by=model");
    browser.tab.goto(&explore).await.unwrap();
    // By keys: the menu opens, its last entry is a new board, and Esc would close it.
    let menu = button("Add to a board");
    until(&browser, &format!("!!{menu}"), |there| {
        there == &json!(true)
    })
    .await;
    browser.run(&format!("{menu}.focus()")).await.unwrap();
    press(&browser, "\u{e007}").await;
    let is_open = format!("{menu}.parentElement.open");
    until(&browser, &is_open, |open| open == &json!(true)).await;
    press(&browser, "\u{e00c}").await;
    until(&browser, &is_open, |open| open == &json!(false)).await;
    press(&browser, "\u{e007}").await;
    until(&browser, &is_open, |open| open == &json!(true)).await;
    press(&browser, "\u{e004}").await;
    press(&browser, "\u{e007}").await;
    contains(&browser, STATUS, "Added to New board").await;

    browser
        .tab
        .goto(&format!("{stream}/explore?measure=cost_usd&by=model"))
        .await
        .unwrap();
    click(&browser, &menu).await;
    click(&browser, "[...document.querySelectorAll('main details button')].find(it => it.querySelector('bdi')?.textContent === 'New board')").await;
    contains(&browser, STATUS, "Added to New board").await;
    click(&browser, "document.querySelector('main [role=status] a')").await;
    shows(&browser, NAME, "New board").await;
    until(&browser, PANELS, |panels| panels == &json!(2)).await;
    let text = "document.querySelector('section[aria-labelledby=board]').innerText";
    contains(&browser, text, "p95 latency by model over time").await;

    browser
        .tab
        .goto(&format!("{}/demo/cookbook/weave", server.url))
        .await
        .unwrap();
    let listed = "document.querySelector('section[aria-labelledby=saved-boards]')?.innerText ?? ''";
    contains(&browser, listed, "2 panels").await;
    browser
        .keep_screenshot("board-project-boards.png")
        .await
        .unwrap();
    click(
        &browser,
        "document.querySelector('section[aria-labelledby=saved-boards] a')",
    )
    .await;
    shows(&browser, NAME, "New board").await;
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}
