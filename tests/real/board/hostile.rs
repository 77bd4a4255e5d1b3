//! Calls that attack their reader: nothing in them runs, opens a dialog, asks another host, or breaks the page's policy.

use serde_json::{Value, json};
use spanloom_tests::parts::chromium::Browser;

use super::pages::BOARDS;
use super::saved;
use super::until;

const PAYLOADS: [&str; 26] = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<img src=http://203.0.113.9/p.png>",
    "<svg onload=window.hit=1>",
    "<svg><script>window.hit=1</script></svg>",
    "<iframe src=javascript:window.hit=1></iframe>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<a href=javascript:window.hit=1>link</a>",
    "<body onload=window.hit=1>",
    "<details open ontoggle=window.hit=1>",
    "<style>@import url(http://203.0.113.9/s.css);</style>",
    "<link rel=stylesheet href=http://203.0.113.9/s.css>",
    "<meta http-equiv=refresh content='0;url=http://203.0.113.9/'>",
    "<base href=http://203.0.113.9/>",
    "<form action=http://203.0.113.9/><button autofocus onfocus=window.hit=1>",
    "<object data=http://203.0.113.9/o></object>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>",
    "\"><script>window.hit=1</script>",
    "' onmouseover='window.hit=1' x='",
    "</textarea></title></style></script><script>window.hit=1</script>",
    "{{constructor.constructor('window.hit=1')()}}",
    "${window.hit=1}",
    "![x](http://203.0.113.9/m.png) [y](javascript:window.hit=1)",
    "javascript:window.hit=1",
    "data:text/html,<script>window.hit=1</script>",
    "\u{202e}</script><script>window.hit=1</script>\u{2066}\u{0}\u{7}",
];

/// Returns each payload as it is, with its characters as entities, in upper case, and a thousand characters into a text.
fn payloads() -> Vec<String> {
    let entities = |text: &str| text.replace('<', "&lt;").replace('>', "&gt;");
    let deep = |text: &str| ["x".repeat(1_000), text.to_owned()].concat();
    let all = PAYLOADS.iter().flat_map(|text| {
        [
            (*text).to_owned(),
            entities(text),
            text.to_uppercase(),
            deep(text),
        ]
    });
    all.collect()
}

/// Returns a call with the payload in every field that it can be in.
fn call(n: usize, payload: &str) -> Value {
    json!({"project_id": "acme/shop", "id": format!("{n:016x}"), "trace_id": format!("{:032x}", n / 8),
        "parent_id": (!n.is_multiple_of(8)).then(|| format!("{:016x}", n - 1)),
        "op_name": payload, "display_name": payload, "thread_id": payload, "wb_user_id": payload,
        "started_at": "2026-11-29T12:00:00Z", "ended_at": "2026-11-29T12:00:01Z",
        "attributes": {"stream": "logs", payload: payload, "params": {"audience": payload, "system_prompt": payload}, "otel": {payload: payload},
            "spanloom": {"operation": "chat", "provider": payload, "request_model": payload, "response_model": payload}},
        "inputs": {"model": payload, "temperature": payload, "tools": [{"function": {"name": payload}}],
            "messages": [{"role": "system", "content": payload}, {"role": payload, "name": payload, "content": payload},
                {"role": "user", "content": [{"type": "text", "text": payload}, {"type": "image_url", "image_url": {"url": payload}}]},
                {"role": "assistant", "content": null, "tool_calls": [{"id": payload, "type": "function", "function": {"name": payload, "arguments": payload}}]},
                {"role": "tool", "tool_call_id": payload, "content": payload}]},
        "output": {"choices": [{"finish_reason": payload, "message": {"role": "assistant", "content": payload, "refusal": payload}}]},
        "summary": {}, "exception": payload})
}

/// Requests that the page has made to other hosts.
const FOREIGN: &str = "performance.getEntriesByType('resource').map(entry => entry.name).filter(name => !name.startsWith(location.origin) && !name.startsWith('data:'))";

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_payloads_in_every_field_are_text() {
    let server = crate::program::Server::start().await;
    let payloads = payloads();
    assert!(payloads.len() >= 100);
    let batch: Vec<Value> = (0..)
        .zip(&payloads)
        .map(|(n, payload)| call(n, payload))
        .collect();
    let sent = reqwest::Client::new()
        .post(format!("{}/v2/acme/shop/calls/complete", server.url))
        .json(&json!({ "batch": batch }));
    sent.send().await.unwrap().error_for_status().unwrap();
    let mut boards = Vec::new();
    for payload in &payloads {
        let cut = |most| payload.chars().take(most).collect::<String>();
        let board = saved::board(&cut(120), &cut(500));
        boards.push(saved::save(&server, "acme/shop", None, &board).await);
    }
    let browser = Browser::start(1280, 1_000).await.unwrap();
    let stream = format!("{}/acme/shop/table/logs", server.url);
    // A page of tools has no rows here, and states so.
    let ready = "document.querySelectorAll('main table tbody tr, main [role=row], main .panel, section[aria-labelledby=board] .card, aside').length + (document.querySelector('main')?.innerText.includes('has run in this stream') ? 1 : 0)";
    let mut pages: Vec<String> = [
        "",
        "/conversations",
        "/tools",
        "/users",
        "/pivot",
        "/compare",
        "?group=user",
        "?group=attr:params.audience",
        "/boards?group=attr:params.audience",
        "/boards?group=name",
        "/explore?by=name",
        "/explore?by=name&draw=ranking",
        "/explore?by=attr:params.audience&then=user&draw=table",
        "/explore?by=attr:%3Cimg%20src=x%20onerror=window.hit=1%3E&draw=ranking",
        "/live",
    ]
    .map(|page| [&stream, page].concat())
    .into();
    pages.extend(BOARDS.map(|(id, _, _)| format!("{stream}/boards?board={id}")));
    let boards = boards.iter().step_by(10);
    pages.extend(boards.map(|id| format!("{stream}/boards?board={id}")));
    pages.extend([server.url.clone(), format!("{}/acme/shop", server.url)]);
    pages.push(format!("{}/acme/shop/weave/traces/{:032x}", server.url, 0));
    for (n, tab) in (0..payloads.len()).zip(
        ["conversation", "parameters", "changes", "raw"]
            .into_iter()
            .cycle(),
    ) {
        pages.push(format!("{stream}?call={n:016x}&tab={tab}"));
    }
    for page in &pages {
        browser.tab.goto(page).await.unwrap();
        until(&browser, ready, |rows| rows.as_u64() > Some(0)).await;
        let hit = browser.run("return window.hit ?? null").await.unwrap();
        assert_eq!(hit, Value::Null, "{page}");
        let foreign = browser.run(&format!("return {FOREIGN}")).await.unwrap();
        assert_eq!(foreign, json!([]), "{page}");
        assert_eq!(
            browser.complaints().await.unwrap(),
            Vec::<String>::new(),
            "{page}"
        );
        let here = browser.tab.current_url().await.unwrap();
        assert!(here.as_str().starts_with(&server.url), "{page}: {here}");
    }
    browser.tab.goto(&stream).await.unwrap();
    until(&browser, ready, |rows| rows.as_u64() > Some(0)).await;
    browser.keep_screenshot("board-hostile.png").await.unwrap();
}
