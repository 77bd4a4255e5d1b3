//! Boards that are saved.

use reqwest::Method;
use serde_json::{Value, json};

use crate::setup::Running;

const PLACE: &str = "entity=acme&project=chatbot";

fn board(title: &str) -> Value {
    let panels = json!([
        {"title": "Cost by {}", "measure": "cost_usd", "by": ["@group"], "draw": "bars"},
        {"measure": "p95_ms", "by": [], "draw": "number", "q": "status:success", "spans": true, "limit": 500},
    ]);
    json!({"title": title, "stream": "openai_logs", "columns": 4, "list": "newest", "panels": panels})
}

async fn post(server: &Running, more: Value) -> (u16, Value) {
    let mut body = json!({"entity": "acme", "project": "chatbot"});
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    let answer = server.post("/api/boards", &body).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn created(server: &Running, title: &str) -> String {
    let (status, answer) = post(server, json!({"board": board(title)})).await;
    assert_eq!((status, &answer["version"]), (200, &json!(1)), "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

async fn ask(server: &Running, method: Method, path: &str) -> (u16, Value) {
    let url = format!("{}/api/{path}", server.url);
    let answer = server.client.request(method, url).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn one(server: &Running, id: &str, more: &str) -> (u16, Value) {
    ask(server, Method::GET, &format!("board?{PLACE}&id={id}{more}")).await
}

async fn delete(server: &Running, id: &str) -> (u16, Value) {
    ask(server, Method::DELETE, &format!("board?{PLACE}&id={id}")).await
}

async fn listed(server: &Running, place: &str) -> Vec<(String, u64, bool)> {
    let (status, answer) = ask(server, Method::GET, &format!("boards?{place}")).await;
    assert_eq!(status, 200, "{answer}");
    let boards = answer["boards"].as_array().unwrap().iter();
    boards
        .map(|board| {
            let title = board["title"].as_str().unwrap().to_owned();
            let version = board["version"].as_u64().unwrap();
            (title, version, board["deleted"].as_bool().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_board_is_saved_as_it_is_and_is_in_its_project_only() {
    let server = Running::new().await;
    created(&server, "Weather").await;
    let id = created(&server, "Costs \u{202e}<b>").await;
    let (status, found) = one(&server, &id, "").await;
    assert_eq!(status, 200);
    assert_eq!(found["board"], board("Costs \u{202e}<b>"));
    assert_eq!(
        (&found["version"], &found["deleted"]),
        (&json!(1), &json!(false))
    );
    let boards = [
        ("Costs \u{202e}<b>".to_owned(), 1, false),
        ("Weather".to_owned(), 1, false),
    ];
    assert_eq!(listed(&server, PLACE).await, boards);
    for place in ["entity=acme&project=other", "entity=other&project=chatbot"] {
        assert_eq!(listed(&server, place).await, []);
        let (status, _) = ask(&server, Method::GET, &format!("board?{place}&id={id}")).await;
        assert_eq!(status, 404);
    }
}

#[tokio::test]
async fn of_two_who_change_one_version_the_second_is_refused() {
    let server = Running::new().await;
    let id = created(&server, "Costs").await;
    let renamed = |title: &str, base: Value| json!({"id": id, "base": base, "board": board(title)});
    let (status, answer) = post(&server, renamed("Costs of today", json!(1))).await;
    assert_eq!((status, &answer["version"]), (200, &json!(2)));
    let (status, answer) = post(&server, renamed("My costs", json!(1))).await;
    assert_eq!(status, 409);
    assert_eq!(
        answer["reason"],
        "the board was saved since: its last version is 2"
    );
    // Without a base, the last version does not matter.
    let (status, _) = post(&server, renamed("All costs", Value::Null)).await;
    assert_eq!(status, 200);
    let (_, found) = one(&server, &id, "").await;
    let titles = found["history"].as_array().unwrap().iter();
    let titles: Vec<&str> = titles.map(|it| it["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["All costs", "Costs of today", "Costs"]);
    let (_, first) = one(&server, &id, "&version=1").await;
    assert_eq!(
        (&first["board"]["title"], &first["version"]),
        (&json!("Costs"), &json!(1))
    );
    for (more, expected) in [("&version=4", 404), ("&version=x", 400)] {
        assert_eq!(one(&server, &id, more).await.0, expected, "{more}");
    }
}

#[tokio::test]
async fn a_deleted_board_can_be_saved_again() {
    let server = Running::new().await;
    let id = created(&server, "Costs").await;
    assert_eq!(delete(&server, &id).await, (200, json!({"version": 2})));
    assert_eq!(delete(&server, &id).await.0, 404);
    assert_eq!(delete(&server, "none").await.0, 404);
    assert_eq!(
        listed(&server, PLACE).await,
        [("Costs".to_owned(), 2, true)]
    );
    let (_, found) = one(&server, &id, "").await;
    assert_eq!(
        (&found["deleted"], &found["board"]),
        (&json!(true), &board("Costs"))
    );
    let again = json!({"id": id, "base": 2, "board": found["board"]});
    assert_eq!(post(&server, again).await.0, 200);
    assert_eq!(
        listed(&server, PLACE).await,
        [("Costs".to_owned(), 3, false)]
    );
}

#[tokio::test]
async fn a_board_keeps_its_last_hundred_versions() {
    let server = Running::new().await;
    let id = created(&server, "Costs").await;
    for n in 2..=103 {
        let save = json!({"id": id, "board": board(&format!("Costs {n}"))});
        assert_eq!(post(&server, save).await.1["version"], n);
    }
    let (_, found) = one(&server, &id, "").await;
    let history = found["history"].as_array().unwrap();
    assert_eq!((history.len(), &history[99]["version"]), (100, &json!(4)));
}

#[tokio::test]
async fn a_project_with_too_many_boards_loses_deleted_ones_first() {
    let server = Running::new().await;
    let first = created(&server, "first").await;
    for _ in 1..500 {
        created(&server, "further").await;
    }
    let (status, answer) = post(&server, json!({"board": board("one more")})).await;
    assert_eq!(status, 409);
    assert_eq!(
        answer["reason"],
        "the project has as many boards as it may have; delete one"
    );
    assert_eq!(delete(&server, &first).await.0, 200);
    created(&server, "one more").await;
    assert_eq!(one(&server, &first, "").await.0, 404);
    assert_eq!(listed(&server, PLACE).await.len(), 500);
}

#[tokio::test]
async fn what_is_no_board_is_refused_with_the_reason() {
    let server = Running::new().await;
    let with = |name: &str, value: Value| {
        let mut board = board("Costs");
        board[name] = value;
        json!({"board": board})
    };
    let panel = |name: &str, value: Value| {
        let mut panel = json!({"measure": "calls", "by": [], "draw": "bars"});
        panel[name] = value;
        with("panels", json!([panel]))
    };
    for (body, reason) in [
        (with("title", json!(" ")), "title must not be empty"),
        (
            with("title", json!("x".repeat(121))),
            "title has more than 120 characters",
        ),
        (
            with("columns", json!(7)),
            "columns must be a number from 1 to 6",
        ),
        (
            panel("by", json!(["model", "user", "stream"])),
            "a panel is by at most 2 properties",
        ),
        (
            panel("limit", json!(0)),
            "limit must be a number from 1 to 500",
        ),
        (
            panel("q", json!("x".repeat(2_001))),
            "q has more than 2000 characters",
        ),
        (
            json!({"base": 1, "board": board("Costs")}),
            "base is of a board with an id",
        ),
    ] {
        let (status, answer) = post(&server, body.clone()).await;
        assert_eq!(
            (status, answer["reason"].as_str()),
            (400, Some(reason)),
            "{body}"
        );
    }
    let panels = vec![json!({"measure": "calls", "by": [], "draw": "bars"}); 41];
    for body in [
        with("panels", json!(panels)),
        with("color", json!("red")),
        panel("draw", json!("pie")),
        panel("colour", json!("red")),
        json!({}),
    ] {
        let (status, answer) = post(&server, body.clone()).await;
        assert_eq!(status, 400, "{body} {answer}");
    }
    let missing = json!({"id": "none", "base": 1, "board": board("Costs")});
    assert_eq!(post(&server, missing).await.0, 404);
    let large = with("about", json!("x".repeat(70_000)));
    assert_eq!(post(&server, large).await.0, 413);
    assert_eq!(listed(&server, PLACE).await, []);
}
