//! `demo --once --db`, and then the same database served.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::{spanloom, spanloom_with, stderr, stdout};

/// A server that is killed when the test ends.
struct Served {
    child: Child,
    url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn serve(database: &str) -> Served {
    let mut child = Command::new(env!("CARGO_BIN_EXE_spanloom"))
        .args([
            "serve",
            "--db",
            database,
            "--listen",
            "127.0.0.1:0",
            "--otlp-http",
            "off",
            "--otlp-grpc",
            "off",
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    let url = first.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{first}");
    Served { child, url }
}

fn post(url: &str, body: &Value) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        reqwest::Client::new()
            .post(url)
            .body(body.to_string())
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    })
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("x.db");
    let call = json!({"project_id": "acme/chatbot", "id": "1", "op_name": "f", "started_at": "2026-11-22T10:00:00Z"});
    let server = serve(database.to_str().unwrap());
    let answer = post(
        &format!("{}/v2/acme/chatbot/calls/complete", server.url),
        &json!({"batch": [call]}),
    );
    assert_eq!(answer, "{}");
    // SIGKILL: nothing is flushed or closed properly.
    drop(server);
    let server = serve(database.to_str().unwrap());
    let stats = post(
        &format!("{}/calls/query_stats", server.url),
        &json!({"project_id": "acme/chatbot"}),
    );
    assert_eq!(serde_json::from_str::<Value>(&stats).unwrap()["count"], 1);
}

/// Returns the number of calls in the summary's last line.
fn named_calls(printed: &str) -> u64 {
    let line = printed.lines().find(|line| line.contains("│ all")).unwrap();
    let numbers = line
        .split(|c: char| !c.is_ascii_digit())
        .find(|digits| !digits.is_empty());
    numbers.unwrap().parse().unwrap()
}

#[test]
fn the_demo_records_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("x.db");
    let database = database.to_str().unwrap();
    let output = spanloom(&[
        "demo",
        "--once",
        "--db",
        database,
        "--listen",
        "127.0.0.1:0",
    ]);
    let printed = stdout(&output);
    assert!(output.status.success(), "{printed}\n{}", stderr(&output));
    let look = format!(
        "`spanloom serve --db {database}`, at http://127.0.0.1:7440/demo/cookbook/table/openai_logs"
    );
    assert!(printed.contains(&look), "{printed}");
    assert!(!printed.contains('\u{1b}'), "no terminal, no colours");

    let server = serve(database);
    let project = json!({"project_id": "demo/cookbook"});
    let stats: Value = serde_json::from_str(&post(
        &format!("{}/calls/query_stats", server.url),
        &project,
    ))
    .unwrap();
    assert_eq!(stats["count"], named_calls(&printed));

    let lines = post(&format!("{}/calls/stream_query", server.url), &project);
    let calls: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let good = calls
        .iter()
        .filter(|call| call["summary"]["status_code"] == "SUCCESS");
    for call in good.clone() {
        assert!(
            call["inputs"]
                .as_object()
                .is_some_and(|inputs| !inputs.is_empty()),
            "{call}"
        );
        assert!(call["output"].is_object(), "{call}");
        assert!(
            call["summary"]["usage"]
                .as_object()
                .is_some_and(|usage| !usage.is_empty()),
            "{call}"
        );
        let priced = call["summary"]["cost"]["total_usd"]
            .as_f64()
            .is_some_and(|usd| usd > 0.0);
        assert_eq!(priced, call["inputs"]["model"] != "house-model-1", "{call}");
    }
    assert!(good.count() >= 20);

    let experiment = calls
        .iter()
        .filter(|call| !call["attributes"]["prompt_template"].is_null());
    let experiment: Vec<_> = experiment.collect();
    assert_eq!(
        experiment.len(),
        13,
        "example 1 and the twelve of example 3"
    );
    for call in &experiment {
        assert!(
            call["attributes"]["system_prompt"].is_string()
                && call["attributes"]["params"]["equation"].is_string()
        );
    }
    assert_eq!(
        experiment
            .iter()
            .filter(|call| call["attributes"]["params"]["audience"].is_string())
            .count(),
        12
    );
    stories(&calls);
}

/// Checks the streamed records: whole, without usage, and given up.
fn stories(calls: &[Value]) {
    let streamed: Vec<_> = calls
        .iter()
        .filter(|call| call["attributes"]["spanloom"]["streamed"] == true)
        .collect();
    assert_eq!(streamed.len(), 3);
    let robot = streamed
        .iter()
        .find(|call| call["inputs"]["stream_options"]["include_usage"] == true)
        .unwrap();
    let text = robot["output"]["choices"][0]["message"]["content"]
        .as_str()
        .unwrap();
    assert!(
        text.split_whitespace().count() >= 40,
        "the whole story: {text}"
    );
    assert_eq!(robot["attributes"]["spanloom"]["usage_source"], "reported");
    assert!(robot["summary"]["time_to_first_chunk_s"].as_f64().unwrap() > 0.0);
    let outcome = |outcome: &str| {
        streamed
            .iter()
            .filter(|call| call["attributes"]["spanloom"]["outcome"] == outcome)
            .count()
    };
    assert_eq!((outcome("completed"), outcome("cancelled")), (2, 1));
    let estimated = streamed
        .iter()
        .filter(|call| call["attributes"]["spanloom"]["usage_source"] == "estimated");
    assert_eq!(estimated.count(), 2);
}

#[test]
fn a_proxy_for_the_world_is_none_for_the_demo() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("x.db");
    let output = spanloom_with(
        &[("HTTP_PROXY", &proxy), ("NO_PROXY", "")],
        &[
            "demo",
            "--once",
            "--db",
            database.to_str().unwrap(),
            "--listen",
            "127.0.0.1:0",
        ],
    );
    let printed = stdout(&output);
    assert!(output.status.success(), "{printed}\n{}", stderr(&output));
    assert!(named_calls(&printed) > 0, "{printed}");
}
