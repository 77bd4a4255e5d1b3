//! Calls as they come.

use serde_json::{Value, json};

use crate::setup::{Running, call};

const STREAM: &str = "entity=acme&project=chatbot&stream=openai_logs";

/// The events of an answer that has no end.
struct Events {
    answer: reqwest::Response,
    text: String,
}

impl Events {
    async fn open(server: &Running, rest: &str) -> Self {
        let address = format!("{}/api/live?{STREAM}{rest}", server.url);
        let answer = server.client.get(address).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        Self {
            answer,
            text: String::new(),
        }
    }

    /// Returns the next event; `None` after the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event
                    .strip_prefix("event: calls\ndata: ")
                    .map(str::to_owned);
                self.text = rest.to_owned();
                match data {
                    Some(data) => return Some(serde_json::from_str(&data).unwrap()),
                    None => continue,
                }
            }
            let bytes = self.answer.chunk().await.ok()??;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

fn ids(event: &Value) -> Vec<&str> {
    let calls = event["calls"].as_array().unwrap().iter();
    calls.map(|call| call["id"].as_str().unwrap()).collect()
}

fn id(n: u32) -> String {
    format!("{n:016x}")
}

#[tokio::test]
async fn new_calls_come_and_a_running_one_comes_again_with_its_end() {
    let server = Running::new().await;
    server.record(&[call(1), call(2)]).await;
    let mut events = Events::open(&server, "").await;
    let first = events.next().await.unwrap();
    assert_eq!(ids(&first), [id(1), id(2)]);
    assert_eq!(first["calls"][0]["prompt"], "question 1");

    let ended = call(3);
    let mut started = ended.clone();
    for absent in ["ended_at", "output", "summary", "exception", "display_name"] {
        started.as_object_mut().unwrap().remove(absent);
    }
    let answer = server
        .post("/call/start", &json!({ "start": started }))
        .await;
    assert_eq!(answer.status(), 200);
    let running = events.next().await.unwrap();
    assert_eq!(ids(&running), [id(3)]);
    assert_eq!(running["calls"][0]["status"], "running");

    server.record(&[call(4)]).await;
    assert_eq!(ids(&events.next().await.unwrap()), [id(4)]);
    let end = json!({"end": {"project_id": "acme/chatbot", "id": ended["id"], "ended_at": ended["ended_at"],
        "output": ended["output"], "summary": ended["summary"], "exception": null}});
    let answer = server.post("/call/end", &end).await;
    assert_eq!(answer.status(), 200);
    let done = events.next().await.unwrap();
    assert_eq!(ids(&done), [id(3)]);
    assert_eq!(done["calls"][0]["status"], "success");
}

#[tokio::test]
async fn an_event_has_at_most_fifty_calls_and_states_the_rest() {
    let server = Running::new().await;
    let mut events = Events::open(&server, "&q=params.audience:odd").await;
    assert_eq!(ids(&events.next().await.unwrap()), [""; 0]);
    server
        .record(&(1..=200).map(call).collect::<Vec<_>>())
        .await;
    let event = events.next().await.unwrap();
    assert_eq!((ids(&event).len(), &event["skipped"]), (50, &json!(50)));
    assert_eq!(ids(&event).last(), Some(&id(199).as_str()));
}

#[tokio::test]
async fn words_are_refused_and_the_end_of_the_server_ends_the_events() {
    let server = Running::new().await;
    let address = format!("{}/api/live?{STREAM}&q=umbrella", server.url);
    let answer = server.client.get(address).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let mut events = Events::open(&server, "").await;
    events.next().await.unwrap();
    server.stop().await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_call_that_meets_the_search_with_its_end_comes_then() {
    let server = Running::new().await;
    let mut events = Events::open(&server, "&q=status:error").await;
    assert_eq!(ids(&events.next().await.unwrap()), [""; 0]);
    let failed = call(1);
    let mut started = failed.clone();
    for absent in ["ended_at", "output", "summary", "exception", "display_name"] {
        started.as_object_mut().unwrap().remove(absent);
    }
    let mut all = Events::open(&server, "").await;
    all.next().await.unwrap();
    let answer = server
        .post("/call/start", &json!({ "start": started }))
        .await;
    assert_eq!(answer.status(), 200);
    // The other client has seen the start, and so has this one's follower, or will with the end.
    assert_eq!(ids(&all.next().await.unwrap()), [id(1)]);
    let end = json!({"end": {"project_id": "acme/chatbot", "id": failed["id"], "ended_at": failed["ended_at"],
        "summary": {}, "exception": "ValueError: no"}});
    let answer = server.post("/call/end", &end).await;
    assert_eq!(answer.status(), 200);
    let event = events.next().await.unwrap();
    assert_eq!(ids(&event), [id(1)]);
    assert_eq!(event["calls"][0]["status"], "error");
}
