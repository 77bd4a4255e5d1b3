//! The pages of boards, of one question, and of live calls.

use serde_json::{Value, json};
use spanloom_tests::parts::chromium::Browser;

use super::keyboard::press;
use super::{click, opened, until};
use crate::program::Server;

const STREAM: &str = "demo/cookbook/table/openai_logs";

/// The boards: the id, the title, and words that are there only with data.
pub(super) const BOARDS: [(&str, &str, &str); 8] = [
    ("monitor", "OpenAI monitor", "Cost a request"),
    ("cost", "Cost", "Cost by model"),
    ("latency", "Latency and streaming", "p95 latency by model"),
    ("errors", "Errors", "Error rate by model"),
    ("tools", "Tools and agents", "get_weather"),
    ("experiments", "Prompt experiments", "Cost a call by"),
    ("cache", "Prompt cache", "tools changed"),
    ("changed", "What changed", "nothing before it"),
];

/// The title of the board, its tab, its text, and how many numbers, bars, rows and charts there are in it.
const BOARD: &str = "[
    document.querySelector('h2#board')?.textContent,
    document.querySelector('nav[aria-label=Boards] [aria-current]')?.textContent,
    document.querySelector('section[aria-labelledby=board]')?.innerText ?? '',
    document.querySelectorAll('section[aria-labelledby=board] :is(.ranking li, p.number:not(.muted), tbody tr, .plot:not(:has(.none)) canvas)').length,
]";

/// Words of a program where a number should be.
const WRONG: &str =
    r"document.querySelector('main').innerText.match(/\b(NaN|Infinity|undefined|null)\b/g)";

const RANKED: &str = "document.querySelectorAll('main .ranking li').length";
const LIVE: &str = "document.querySelectorAll('section[aria-labelledby=live] tr[data-call]')";
const STATE: &str =
    "document.querySelector('section[aria-labelledby=live] .head .state')?.textContent";

/// Follows the calls apart from the page, which shows what the page would have received.
const HEAR: &str = "window.heard = '';
    window.own = new EventSource('/api/live?entity=demo&project=cookbook&stream=openai_logs');
    window.own.addEventListener('calls', event => window.heard += event.data)";

/// Returns a call with a question, at the time of `other`.
fn call(other: &Value, id: &str, question: &str) -> Value {
    let model = "gpt-4o-mini-2024-07-18";
    json!({"project_id": "demo/cookbook", "id": id, "trace_id": id, "op_name": "openai.chat.completions.create",
        "started_at": other["started_at"], "ended_at": other["ended_at"],
        "attributes": {"stream": "openai_logs", "spanloom": {"operation": "chat", "provider": "openai", "response_model": model}},
        "inputs": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}]},
        "output": {"choices": [{"message": {"role": "assistant", "content": "There are two."}}]},
        "summary": {"usage": {model: {"prompt_tokens": 2_000, "completion_tokens": 4, "cached_tokens": 0}}}, "exception": null})
}

async fn record(server: &Server, calls: &[Value]) {
    let sent = reqwest::Client::new()
        .post(format!("{}/v2/demo/cookbook/calls/complete", server.url))
        .json(&json!({ "batch": calls }));
    sent.send().await.unwrap().error_for_status().unwrap();
}

/// Chooses `value` in the list that has the label.
async fn choose(browser: &Browser, label: &str, value: &str) {
    let list = format!(
        "[...document.querySelectorAll('main label')].find(label => label.querySelector('span')?.textContent === '{label}')?.querySelector('select')"
    );
    let option = format!("!!{list}?.querySelector('option[value=\"{value}\"]')");
    until(browser, &option, |there| there == &json!(true)).await;
    let change = format!(
        "const list = {list}; list.value = '{value}'; list.dispatchEvent(new Event('change', {{bubbles: true}}))"
    );
    browser.run(&change).await.unwrap();
}

/// Waits until the address has the parameter.
async fn has(browser: &Browser, parameter: &str, value: &Value) {
    let script = format!("new URLSearchParams(location.search).get('{parameter}')");
    until(browser, &script, |found| found == value).await;
}

async fn contains(browser: &Browser, script: &str, words: &str) {
    until(browser, script, |text| {
        text.as_str().is_some_and(|text| text.contains(words))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_board_has_its_title_and_panels_with_data() {
    let (server, browser, calls) = opened(1440, 900).await.unwrap();
    // In the demo no tool runs, and no provider gives its verdict on a prompt.
    let mut tool = call(&calls[0], "tool", "");
    tool["op_name"] = json!("execute_tool get_weather");
    tool["attributes"]["spanloom"] = json!({"operation": "execute_tool"});
    tool["summary"] = json!({});
    let mut miss = call(&calls[0], "miss", "How many tools are there?");
    miss["attributes"]["otel"] = json!({"spanloom.prompt_cache.result": "cache_miss", "spanloom.prompt_cache.miss_reason": "tools_changed",
        "spanloom.prompt_cache.missed_tokens": 1_024, "spanloom.prompt_cache.missed_usd": 0.0001});
    record(&server, &[tool, miss]).await;
    let page = format!("{}/{STREAM}/boards", server.url);
    browser.tab.goto(&page).await.unwrap();
    for (id, title, words) in BOARDS {
        let tab = format!("document.querySelector('nav[aria-label=Boards] a[data-board={id}]')");
        click(&browser, &tab).await;
        until(&browser, BOARD, |found| {
            let text = found[2].as_str().unwrap_or_default();
            found[0] == title
                && found[1] == title
                && text.contains(words)
                && !text.contains("Loading")
                && found[3].as_u64() > Some(0)
        })
        .await;
        let wrong = browser.run(&format!("return {WRONG}")).await.unwrap();
        assert_eq!(wrong, Value::Null, "{id}");
        let screenshot = format!("board-boards-{id}.png");
        browser.keep_screenshot(&screenshot).await.unwrap();
    }
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_leads_to_its_question_which_is_changed_and_filters() {
    let (_server, browser, _) = opened(1440, 1_000).await.unwrap();
    click(&browser, "document.querySelector('section[aria-labelledby=charts] a[href*=\"/explore?measure=p95_ms\"]')").await;
    let question = "document.querySelector('main .question')?.innerText ?? ''";
    contains(&browser, question, "The p95 latency of calls to models").await;
    let canvas = "document.querySelectorAll('section[aria-labelledby=explore] canvas').length";
    until(&browser, canvas, |charts| charts == &json!(1)).await;

    choose(&browser, "Measure", "cost_usd").await;
    has(&browser, "measure", &json!("cost_usd")).await;
    choose(&browser, "by", "attr:params.audience").await;
    has(&browser, "by", &json!("attr:params.audience")).await;
    contains(&browser, question, "The cost of calls to models").await;
    click(&browser, "[...document.querySelectorAll('[aria-label=\"Drawn as\"] button')].find(button => button.textContent.trim() === 'Ranking')").await;
    until(&browser, RANKED, |rows| rows.as_u64() > Some(1)).await;
    browser.keep_screenshot("board-explore.png").await.unwrap();

    let table = "document.querySelectorAll('[aria-label=\"Groups, as a table\"] tbody tr').length";
    press(&browser, "c").await;
    until(&browser, table, |rows| rows.as_u64() > Some(1)).await;
    has(&browser, "draw", &json!("table")).await;
    press(&browser, "c").await;
    until(&browser, RANKED, |rows| rows.as_u64() > Some(1)).await;
    let row = |of: &str| {
        format!(
            "[...document.querySelectorAll('main {of} button')].find(row => row.textContent.includes('math genius'))"
        )
    };
    click(&browser, &row(".ranking")).await;
    has(&browser, "q", &json!("params.audience:\"math genius\"")).await;
    until(&browser, RANKED, |rows| rows == &json!(1)).await;

    // The address is the whole question, and the same row again takes the filter away.
    let link = browser.tab.current_url().await.unwrap();
    browser.tab.goto(link.as_str()).await.unwrap();
    until(&browser, RANKED, |rows| rows == &json!(1)).await;
    press(&browser, "c").await;
    click(&browser, &row("tbody")).await;
    has(&browser, "q", &Value::Null).await;
    until(&browser, table, |rows| rows.as_u64() > Some(1)).await;
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_appear_as_they_come_except_in_a_pause() {
    let (server, browser, calls) = opened(1440, 1_000).await.unwrap();
    let page = format!("{}/{STREAM}/live", server.url);
    browser.tab.goto(&page).await.unwrap();
    let rows = format!("{LIVE}.length");
    let count = calls.len();
    until(&browser, &rows, |rows| rows == &json!(count)).await;
    browser.run("window.stays = true").await.unwrap();
    record(&server, &[call(&calls[0], "new", "Is this live?")]).await;
    let newest = format!("{LIVE}[0]?.innerText ?? ''");
    contains(&browser, &newest, "Is this live?").await;
    browser.keep_screenshot("board-live.png").await.unwrap();

    press(&browser, "p").await;
    until(&browser, STATE, |state| state == "Paused").await;
    browser.run(HEAR).await.unwrap();
    // The second comes in a later event: the page would have shown the first by then.
    for id in ["pause-1", "pause-2"] {
        record(&server, &[call(&calls[0], id, id)]).await;
        contains(&browser, "window.heard", id).await;
    }
    let in_pause = browser.run(&format!("return {rows}")).await.unwrap();
    assert_eq!(in_pause, json!(count + 1));
    browser.run("window.own.close()").await.unwrap();
    press(&browser, "p").await;
    until(&browser, &rows, |rows| rows == &json!(count + 3)).await;
    until(&browser, STATE, |state| state == "Live").await;
    let stays = browser.run("return window.stays").await.unwrap();
    assert_eq!(stays, json!(true), "the page was not loaded anew");
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}
