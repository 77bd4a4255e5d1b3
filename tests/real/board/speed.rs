//! How fast the board is with many calls: prints figures and asserts nothing.
//!
//! `SPANLOOM_BENCH_DB=bench.db cargo bench -p spanloom-cli --features jemalloc --bench store` leaves a database of a million calls. With
//! a release build that serves it, and its address in `SPANLOOM_BENCH_URL`:
//! `cargo test -p spanloom-tests --features real-parts --test real -- --ignored --nocapture board::speed`.

use serde_json::json;
use spanloom_tests::parts::chromium::Browser;

use super::{ROWS, until};

/// Tasks of the page's thread that are too long for a frame, from now on.
const WATCH: &str = "window.long = []; new PerformanceObserver(list => window.long.push(...list.getEntries().map(entry => Math.round(entry.duration)))).observe({type: 'longtask'})";

/// Scrolls through the table for two seconds, a step in each frame.
const SCROLL: &str =
    "window.done = false; const end = performance.now() + 2000; let frames = 0; (function step() {
    scrollBy(0, 40); frames += 1;
    if (performance.now() < end) requestAnimationFrame(step); else window.done = frames;
})()";

#[ignore = "prints figures; needs a database of many calls"]
#[tokio::test(flavor = "multi_thread")]
async fn the_board_of_many_calls() {
    let Ok(server) = std::env::var("SPANLOOM_BENCH_URL") else {
        println!("SPANLOOM_BENCH_URL names no server");
        return;
    };
    let browser = Browser::start(1440, 1_200).await.unwrap();
    let page = format!("{server}/acme/bench/table/calls");
    for run in 1..=5 {
        browser.tab.goto(&page).await.unwrap();
        let complete = format!(
            "{ROWS}.length > 0 && document.querySelectorAll('section[aria-labelledby=charts] canvas').length >= 4 ? performance.now() : null"
        );
        let shown = until(&browser, &complete, serde_json::Value::is_number).await;
        let paint = "return Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1)";
        let paint = browser.run(paint).await.unwrap();
        let answers = "return performance.getEntriesByType('resource').filter(entry => entry.name.includes('/api/')).map(entry => entry.name.split('/api/')[1].split('?')[0] + ' ' + Math.round(entry.responseStart - entry.requestStart) + ' ms').join(', ')";
        let answers = browser.run(answers).await.unwrap();
        println!(
            "run {run}: first paint {paint} ms, numbers, charts and table by {shown} ms; {answers}"
        );
    }
    browser.run(WATCH).await.unwrap();
    browser.run(SCROLL).await.unwrap();
    let frames = until(&browser, "window.done", |done| done != &json!(false)).await;
    let long = browser.run("return window.long").await.unwrap();
    println!("scrolling for 2 s: {frames} frames, tasks over 50 ms: {long}");
}
