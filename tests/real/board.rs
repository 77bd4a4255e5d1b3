//! The board in a real browser: the demo's link is opened and used.

mod axe;
mod hostile;
mod keyboard;
mod pages;
mod saved;
mod speed;
mod states;
mod walk;

use serde_json::{Value, json};
use spanloom_tests::parts::chromium::Browser;
use spanloom_tests::parts::{Result, eventually};

use crate::weave::demo;

const ROWS: &str = "document.querySelectorAll('section[aria-labelledby=calls] tbody tr')";

/// Waits until `script` returns a value that is `expected`.
async fn until(browser: &Browser, script: &str, expected: impl Fn(&Value) -> bool) -> Value {
    let last = std::cell::RefCell::new(Value::Null);
    let found = eventually(script, async || {
        let found = browser.run(&format!("return {script}")).await?;
        last.replace(found.clone());
        match expected(&found) {
            true => Ok(found),
            false => Err("it is another".into()),
        }
    })
    .await;
    found.unwrap_or_else(|error| panic!("{error}: {}", last.into_inner()))
}

async fn click(browser: &Browser, script: &str) {
    until(browser, &format!("!!({script})"), |there| {
        there == &json!(true)
    })
    .await;
    browser.run(&format!("({script}).click()")).await.unwrap();
}

async fn opened(width: u32, height: u32) -> Result<(crate::program::Server, Browser, Vec<Value>)> {
    let server = demo().await;
    let calls = server.calls("demo/cookbook").await?;
    let browser = Browser::start(width, height).await?;
    browser
        .tab
        .goto(&format!("{}/demo/cookbook/table/openai_logs", server.url))
        .await?;
    let count = calls.len();
    until(&browser, &format!("{ROWS}.length"), |rows| {
        rows == &json!(count)
    })
    .await;
    Ok((server, browser, calls))
}

/// Returns each chart's share of drawn pixels.
const DRAWN: &str =
    "[...document.querySelectorAll('section[aria-labelledby=charts] canvas')].map(canvas => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let drawn = 0;
    for (let at = 3; at < pixels.length; at += 4) drawn += pixels[at] > 0;
    return drawn / (pixels.length / 4);
})";

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_link_shows_charts_and_every_call() {
    let (_server, browser, calls) = opened(1440, 1500).await.unwrap();
    let charts = until(&browser, DRAWN, |charts| {
        let shares = charts.as_array().unwrap();
        shares.len() >= 4 && shares.iter().all(|share| share.as_f64() > Some(0.002))
    })
    .await;
    println!("{charts}");
    let totals = until(
        &browser,
        "document.querySelector('section[aria-label=\"Totals and averages\"]').innerText",
        |text| text.is_string(),
    )
    .await;
    assert!(
        totals.as_str().unwrap().contains(&calls.len().to_string()),
        "{totals}"
    );
    // Newest first, each with its prompt.
    let first = until(&browser, &format!("{ROWS}[0].innerText"), Value::is_string).await;
    assert!(first.as_str().unwrap().contains("gpt-4o-mini"), "{first}");
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
    browser.keep_screenshot("board-light.png").await.unwrap();
    click(
        &browser,
        "document.querySelector('button[aria-label^=\"Theme\"]')",
    )
    .await;
    // Once or twice more, because the initial theme is the system's.
    for _ in 0..2 {
        let theme = "return document.documentElement.dataset.theme";
        if browser.run(theme).await.unwrap() != json!("dark") {
            let next = "document.querySelector('button[aria-label^=\"Theme\"]')";
            click(&browser, next).await;
        }
    }
    until(
        &browser,
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)",
        |colour| {
            colour
                .as_array()
                .unwrap()
                .iter()
                .take(3)
                .all(|part| part.as_u64() < Some(64))
        },
    )
    .await;
    until(&browser, DRAWN, |charts| {
        charts
            .as_array()
            .unwrap()
            .iter()
            .all(|share| share.as_f64() > Some(0.002))
    })
    .await;
    browser.keep_screenshot("board-dark.png").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_groups_and_a_call_are_a_click_away() {
    let (_server, browser, calls) = opened(1440, 1100).await.unwrap();
    let failed: Vec<&Value> = calls
        .iter()
        .filter(|call| call["exception"].is_string())
        .collect();
    click(&browser, "[...document.querySelectorAll('[aria-label=Status] button')].find(button => button.textContent.trim() === 'Errors')").await;
    until(&browser, &format!("{ROWS}.length"), |rows| {
        rows == &json!(failed.len())
    })
    .await;
    let address = browser.tab.current_url().await.unwrap();
    assert!(
        address.query().unwrap().contains("q=status%3Aerror"),
        "a link others can open: {address}"
    );
    browser.keep_screenshot("board-errors.png").await.unwrap();
    click(&browser, "document.querySelector('button.remove')").await;
    until(&browser, &format!("{ROWS}.length"), |rows| {
        rows == &json!(calls.len())
    })
    .await;

    let equations: std::collections::BTreeSet<&str> = calls
        .iter()
        .filter_map(|call| call["attributes"]["params"]["equation"].as_str())
        .collect();
    assert!(equations.len() > 1, "{equations:?}");
    browser
        .run("const group = [...document.querySelectorAll('select')].find(select => select.querySelector('option[value=\"attr:params.equation\"]')); group.value = 'attr:params.equation'; group.dispatchEvent(new Event('change', {bubbles: true}))")
        .await
        .unwrap();
    let groups = "document.querySelector('section[aria-labelledby=groups]').innerText";
    let said = until(&browser, groups, |text| {
        equations
            .iter()
            .all(|equation| text.as_str().is_some_and(|text| text.contains(equation)))
    })
    .await;
    assert!(said.is_string());
    browser.keep_screenshot("board-groups.png").await.unwrap();

    let prompt = "what is 2+2?";
    click(
        &browser,
        &format!(
            "[...{ROWS}].find(row => row.innerText.includes('{prompt}')).querySelector('td, th')"
        ),
    )
    .await;
    let panel = until(
        &browser,
        "document.querySelector('aside[aria-label=Call]')?.innerText ?? ''",
        |text| text.as_str().is_some_and(|text| text.contains("2 + 2")),
    )
    .await;
    let panel = panel.as_str().unwrap();
    for shown in [prompt, "gpt-4o-mini", "$"] {
        assert!(panel.contains(shown), "{shown}\n{panel}");
    }
    assert!(
        browser
            .tab
            .current_url()
            .await
            .unwrap()
            .query()
            .unwrap()
            .contains("call=")
    );
    browser.keep_screenshot("board-call.png").await.unwrap();
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}

/// Checks that calls of every API show their question and answer, and that one of 20,000 levels hides no tab's content.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_any_api_is_a_conversation() {
    let server = crate::program::Server::start().await;
    let call = |id: &str, inputs: Value, output: Value| {
        json!({"project_id": "acme/shop", "id": id, "trace_id": "1", "op_name": "chat",
            "started_at": "2026-11-29T12:00:00Z", "ended_at": "2026-11-29T12:00:01Z", "inputs": inputs,
            "output": output, "attributes": {"stream": "logs"}, "summary": {}})
    };
    let response = json!({"object": "response", "status": "completed", "output": [
        {"type": "message", "content": [{"type": "output_text", "text": "It rains."}]}]});
    let calls = [
        call("a", json!({"model": "m", "input": "weather?"}), response),
        call(
            "b",
            json!({"model": "m", "prompt": "Once"}),
            json!({"choices": [{"text": " upon a time"}]}),
        ),
        call("c", json!({"messages": [], "deep": "DEEP"}), json!("DEEP")),
    ];
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let body = json!({ "batch": calls })
        .to_string()
        .replace("\"DEEP\"", &deep);
    let answer = reqwest::Client::new()
        .post(format!("{}/v2/acme/shop/calls/complete", server.url))
        .header("content-type", "application/json")
        .body(body);
    answer.send().await.unwrap().error_for_status().unwrap();
    let browser = Browser::start(1440, 900).await.unwrap();
    for (id, tab, shown) in [
        ("a", "conversation", &["weather?", "It rains."][..]),
        ("b", "conversation", &["Once", "upon a time"]),
        ("c", "parameters", &["deep"]),
        ("c", "raw", &["acme/shop", "\"…\""]),
    ] {
        let page = format!("{}/acme/shop/table/logs?call={id}&tab={tab}", server.url);
        browser.tab.goto(&page).await.unwrap();
        let panel = "document.querySelector('aside[aria-label=Call]')?.innerText ?? ''";
        until(&browser, panel, |text| {
            let text = text.as_str().unwrap_or_default();
            shown.iter().all(|words| text.contains(words))
        })
        .await;
    }
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}
