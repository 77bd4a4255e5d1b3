//! The lines that an empty stream shows: they name this server and this stream, and a service that takes them appears there.

use serde_json::{Value, json};
use spanloom_tests::parts::chromium::Browser;
use spanloom_tests::parts::{eventually, node};

use crate::program::Server;

/// Returns the texts of the boxes of lines on the page.
async fn lines(browser: &Browser) -> Vec<String> {
    let texts = "return [...document.querySelectorAll('.setup pre')].map(pre => pre.innerText)";
    let shown = eventually("the lines", async || {
        let shown = browser.run(texts).await?;
        match shown.as_array().is_some_and(|shown| shown.len() >= 4) {
            true => Ok(shown),
            false => Err("not all of them are there".into()),
        }
    });
    let shown = shown.await.unwrap();
    let shown = shown.as_array().unwrap().iter();
    shown
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn variables(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().map(|line| line.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_an_empty_stream_lead_to_it() {
    let server = Server::start().await;
    let browser = Browser::start(1280, 1000).await.unwrap();
    let page = format!("{}/acme/shop/table/logs", server.url);
    browser.tab.goto(&page).await.unwrap();
    let [.., rust, own, other] = &lines(&browser).await[..] else {
        panic!("too few lines")
    };
    assert!(rust.contains("use spanloom::Monitored as _;"), "{rust}");
    assert!(rust.contains(r#"init_monitor("acme/shop/logs")"#), "{rust}");
    let address = ("SPANLOOM_URL".to_owned(), server.url.clone());
    assert_eq!(variables(own), [address]);
    browser.keep_screenshot("board-setup.png").await.unwrap();

    // A service in Node that has the other lines in its environment.
    let environment = variables(other);
    let sent = tokio::task::spawn_blocking(move || node::send(&environment, 3));
    sent.await.unwrap().unwrap();
    let calls = server.wait_for("acme/shop", 3).await;
    let streams = calls.iter().map(|call| &call["attributes"]["stream"]);
    assert!(streams.clone().all(|stream| stream == "logs"), "{calls:?}");
    let rows = "return document.querySelectorAll('section[aria-labelledby=calls] tbody tr').length";
    eventually("the calls appear by themselves", async || {
        match browser.run(rows).await? {
            Value::Number(count) if json!(count) == json!(3) => Ok(()),
            other => Err(other.to_string().into()),
        }
    })
    .await
    .unwrap();
    assert_eq!(browser.complaints().await.unwrap(), Vec::<String>::new());
}
