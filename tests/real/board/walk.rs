//! The walk of the cookbook: the link, the stream, a search, groups, the experiment as a pivot, a call.

use serde_json::json;

use super::{ROWS, click, opened, until};

/// The address, without its origin.
const ADDRESS: &str = "location.pathname + location.search";

#[tokio::test(flavor = "multi_thread")]
async fn the_experiment_is_searched_pivoted_and_followed_to_a_call() {
    let (_server, browser, calls) = opened(1440, 1100).await.unwrap();
    let with_audience =
        |call: &&serde_json::Value| call["attributes"]["params"]["audience"].is_string();
    let in_experiment = calls.iter().filter(with_audience).count();
    assert!(in_experiment > 3, "the demo has an experiment");

    let line = fantoccini::Locator::Css("[data-shortcut='/']");
    let search = browser.tab.find(line).await.unwrap();
    search
        .send_keys("has:params.audience\u{e007}")
        .await
        .unwrap();
    until(&browser, &format!("{ROWS}.length"), |rows| {
        rows == &json!(in_experiment)
    })
    .await;
    browser.keep_screenshot("board-search.png").await.unwrap();
    search.send_keys("latency:>fast\u{e007}").await.unwrap();
    let notes = "document.querySelector('.notes')?.innerText ?? ''";
    until(&browser, notes, |text| {
        text.as_str()
            .is_some_and(|text| text.contains("latency:>fast is no number"))
    })
    .await;
    // What was found stays.
    until(&browser, &format!("{ROWS}.length"), |rows| {
        rows == &json!(in_experiment)
    })
    .await;

    click(&browser, "[...document.querySelectorAll('nav.sections a')].find(link => link.textContent.trim() === 'Pivot')").await;
    let cells = "[...document.querySelectorAll('table[aria-labelledby=pivot] td a')].length";
    until(&browser, cells, |cells| cells.as_u64() > Some(1)).await;
    browser.keep_screenshot("board-pivot.png").await.unwrap();
    click(
        &browser,
        "document.querySelector('table[aria-labelledby=pivot] td a')",
    )
    .await;
    until(&browser, &format!("{ROWS}.length"), |rows| {
        rows.as_u64()
            .is_some_and(|rows| rows > 0 && rows < in_experiment as u64)
    })
    .await;
    click(&browser, &format!("{ROWS}[0].querySelector('td, th')")).await;
    until(
        &browser,
        "!!document.querySelector('aside[aria-label=Call]')",
        |there| there == &json!(true),
    )
    .await;
    let address = until(&browser, ADDRESS, |address| {
        address
            .as_str()
            .is_some_and(|address| address.contains("call="))
    })
    .await;

    // The address is the whole state: another tab shows the same.
    let link = browser.tab.current_url().await.unwrap();
    browser.tab.goto(link.as_str()).await.unwrap();
    until(
        &browser,
        "!!document.querySelector('aside[aria-label=Call]')",
        |there| there == &json!(true),
    )
    .await;
    assert_eq!(
        browser.run(&format!("return {ADDRESS}")).await.unwrap(),
        address
    );
    // The wrong search was refused, which browsers log.
    let mut complaints = browser.complaints().await.unwrap();
    complaints.retain(|complaint| !complaint.contains("latency%3A%3Efast"));
    assert_eq!(complaints, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_place_has_a_page_and_a_wrong_address_too() {
    let (server, browser, _) = opened(1280, 900).await.unwrap();
    let stream = "demo/cookbook/table/openai_logs";
    for (path, shown) in [
        ("", "openai_logs"),
        ("demo", "openai_logs"),
        ("demo/cookbook", "openai_logs"),
        ("demo/cookbook/weave", "openai_logs"),
        (&format!("{stream}/conversations"), "Conversations"),
        (&format!("{stream}/tools"), "Tools"),
        (&format!("{stream}/users"), "Users"),
        (&format!("{stream}/compare"), "Two searches"),
        (
            "demo/cookbook/weave/traces/nothing",
            "No trace nothing is recorded",
        ),
        ("no/such/page/at/all", "There is no such page"),
    ] {
        browser
            .tab
            .goto(&format!("{}/{path}", server.url))
            .await
            .unwrap();
        until(&browser, "document.body.innerText", |text| {
            text.as_str().is_some_and(|text| text.contains(shown))
        })
        .await;
    }
}
