//! axe-core's checks of every page, light and dark.

use serde_json::{Value, json};
use spanloom_tests::parts::axe;

use super::pages::BOARDS;
use super::saved;
use super::{opened, until};

/// What a page has once it is there.
const PAGE: &str = "main table, main [role=treegrid], main section";

/// The same of pages whose section is there before its content.
const CONTENT: &str = "section[aria-labelledby=board] .card, section[aria-labelledby=explore] .panel, section[aria-labelledby=live] tr";

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_a_serious_finding() {
    let (server, browser, calls) = opened(1440, 1_000).await.unwrap();
    let script = axe::script().unwrap();
    let stream = "demo/cookbook/table/openai_logs";
    let call = calls[0]["id"].as_str().unwrap();
    let trace = calls[0]["trace_id"].as_str().unwrap();
    let board = saved::board("Calls of all", "Calls");
    let board = saved::save(&server, "demo/cookbook", None, &board).await;
    let pages = [
        String::new(),
        "demo/cookbook".to_owned(),
        stream.to_owned(),
        format!("{stream}?call={call}"),
        format!("{stream}/conversations"),
        format!("{stream}/tools"),
        format!("{stream}/users"),
        format!("{stream}/pivot"),
        format!("{stream}/compare"),
        format!("{stream}/compare?by=searches&a=status%3Aerror"),
        format!("{stream}?call={call}&tab=changes"),
        format!("demo/cookbook/weave/traces/{trace}"),
    ];
    let boards = BOARDS.map(|(id, _, _)| format!("{stream}/boards?board={id}"));
    let filled = [
        format!("{stream}/boards?board={board}"),
        format!("{stream}/explore"),
        format!("{stream}/explore?by=attr%3Aparams.audience&draw=ranking"),
        format!("{stream}/explore?by=attr%3Aparams.audience&draw=table"),
        format!("{stream}/live"),
    ];
    let pages: Vec<(String, &str)> = pages
        .map(|page| (page, PAGE))
        .into_iter()
        .chain(boards.into_iter().chain(filled).map(|page| (page, CONTENT)))
        .collect();
    for theme in ["light", "dark"] {
        let choose = format!("localStorage.setItem('spanloom.theme', '{theme}')");
        browser.run(&choose).await.unwrap();
        for (page, shown) in &pages {
            browser
                .tab
                .goto(&format!("{}/{page}", server.url))
                .await
                .unwrap();
            let found = format!("document.querySelectorAll('{shown}').length");
            until(&browser, &found, |found| found.as_u64() > Some(0)).await;
            // The policy of the page forbids scripts of others; the driver's own run all the same.
            browser
                .run(&format!("{script}; window.axe = axe;"))
                .await
                .unwrap();
            browser.run("window.found = null; axe.run({resultTypes: ['violations']}).then(result => window.found = result.violations)").await.unwrap();
            let found = until(&browser, "window.found", Value::is_array).await;
            let serious: Vec<String> = found
                .as_array()
                .unwrap()
                .iter()
                .filter(|finding| {
                    ["serious", "critical"]
                        .contains(&finding["impact"].as_str().unwrap_or_default())
                })
                .map(|finding| format!("{}: {}", finding["id"], finding["nodes"][0]["html"]))
                .collect();
            assert_eq!(json!(serious), json!([]), "{theme} {page}");
        }
    }
}
