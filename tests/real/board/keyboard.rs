//! The same without a mouse.

use fantoccini::Locator;
use serde_json::json;
use spanloom_tests::parts::chromium::Browser;

use super::{ROWS, opened, until};

const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

/// Types keys where the focus is.
pub(super) async fn press(browser: &Browser, keys: &str) {
    let active = browser.tab.active_element().await.unwrap();
    active.send_keys(keys).await.unwrap();
}

async fn shows(browser: &Browser, selector: &str, is_there: bool) {
    let script = format!("!!document.querySelector('{selector}')");
    until(browser, &script, |there| there == &json!(is_there)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_found_opened_and_closed_by_keys() {
    let (_server, browser, calls) = opened(1280, 900).await.unwrap();
    let failed = calls
        .iter()
        .filter(|call| call["exception"].is_string())
        .count();
    let panel = "aside[aria-label=Call]";

    press(&browser, "/").await;
    press(&browser, &format!("status:error{ENTER}")).await;
    until(&browser, &format!("{ROWS}.length"), |rows| {
        rows == &json!(failed)
    })
    .await;
    press(&browser, ESCAPE).await;
    browser.run("document.activeElement.blur()").await.unwrap();
    press(&browser, "j").await;
    press(&browser, ENTER).await;
    shows(&browser, panel, true).await;
    press(&browser, ESCAPE).await;
    shows(&browser, panel, false).await;

    // Undo takes the filter away.
    press(&browser, "z").await;
    until(&browser, &format!("{ROWS}.length"), |rows| {
        rows == &json!(calls.len())
    })
    .await;

    press(&browser, "?").await;
    shows(&browser, "dialog[open]", true).await;
    browser.keep_screenshot("board-keys.png").await.unwrap();
    press(&browser, ESCAPE).await;
    shows(&browser, "dialog[open]", false).await;

    // The palette leads to the other pages.
    press(&browser, "\u{e009}k").await;
    shows(&browser, "dialog[open] [role=combobox]", true).await;
    let line = browser
        .tab
        .find(Locator::Css("dialog[open] [role=combobox]"))
        .await
        .unwrap();
    line.send_keys("users").await.unwrap();
    line.send_keys(ENTER).await.unwrap();
    until(&browser, "location.pathname", |path| {
        path.as_str().is_some_and(|path| path.ends_with("/users"))
    })
    .await;
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}
