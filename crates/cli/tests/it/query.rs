//! The board's questions at the command line, and as tools of MCP.

use std::process::{Output, Stdio};
use std::time::SystemTime;

use reqwest::Client;
use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, object};
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};
use spanloom_core::Timestamp;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{Serving, serving, spanloom, stderr, stdout};

const STREAM: &str = "acme/chatbot/openai_logs";

/// Returns the `n`-th call of a trace, below `parent`.
fn call(n: u32, parent: Option<u32>) -> Value {
    json!({"project_id": "acme/chatbot", "id": format!("{n:016x}"), "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "parent_id": parent.map(|parent| format!("{parent:016x}")), "op_name": "chat gpt-4o-mini",
        "started_at": format!("2026-11-22T10:00:{n:02}Z"), "ended_at": format!("2026-11-22T10:00:{:02}Z", n + 1),
        "attributes": {"stream": "openai_logs", "spanloom": {"operation": "chat", "provider": "openai",
            "response_model": if n.is_multiple_of(2) { "gpt-4o" } else { "gpt-4o-mini" }, "usage_source": "reported"}},
        "inputs": {"messages": [{"role": "user", "content": format!("question {n} \u{1b}[31m")}]},
        "output": {"choices": [{"message": {"role": "assistant", "content": format!("answer {n}")}}]},
        "summary": {"usage": {"m": {"input_tokens": 10, "output_tokens": n}}, "cost": {"total_usd": 0.5, "source": "priced"}},
        "thread_id": "c-1", "wb_user_id": "u-7", "exception": null})
}

async fn served() -> Serving {
    let server = tokio::task::spawn_blocking(serving).await.unwrap();
    let calls: Vec<Value> = (1..=6).map(|n| call(n, (n > 1).then_some(1))).collect();
    record(&server, &calls).await;
    server
}

async fn record(server: &Serving, batch: &[Value]) {
    let address = format!("{}/v2/acme/chatbot/calls/complete", server.url());
    let sent = Client::new()
        .post(address)
        .json(&json!({"batch": batch}))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
}

fn ask(server: &Serving, arguments: &[&str]) -> Output {
    let arguments = [arguments, &["--server", server.url()]].concat();
    spanloom(&arguments)
}

fn answer(server: &Serving, arguments: &[&str]) -> String {
    let output = ask(server, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    stdout(&output)
}

fn as_json(server: &Serving, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json"]].concat();
    serde_json::from_str(&answer(server, &arguments)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_has_a_table_and_json() {
    let server = served().await;
    assert!(answer(&server, &["streams"]).contains(STREAM));
    assert_eq!(
        as_json(&server, &["streams"])["streams"][0]["stats"]["calls"],
        6
    );
    let search = ["calls", STREAM, "--search", "model:gpt-4o output:>2"];
    let calls = as_json(&server, &search);
    assert_eq!(
        (&calls["total"], &calls["calls"][0]["id"]),
        (&json!(2), &json!("0000000000000006"))
    );
    let table = answer(&server, &search);
    assert!(
        table.contains("question 6 [31m") && !table.contains('\u{1b}'),
        "{table}"
    );
    let groups = as_json(
        &server,
        &["groups", STREAM, "--by", "model", "--by", "user"],
    );
    assert_eq!(groups["groups"][0]["keys"], json!(["gpt-4o", "u-7"]));
    assert!(answer(&server, &["groups", STREAM]).contains("gpt-4o-mini"));
    let trace = ["trace", "acme/chatbot", "0af7651916cd43dd8448eb211c80319c"];
    assert_eq!(as_json(&server, &trace)["spans"][0]["below"]["calls"], 5);
    assert!(answer(&server, &trace).contains("Σ"));
    let one = answer(&server, &["call", "acme/chatbot", "0000000000000002"]);
    for shown in [
        "gpt-4o",
        "conversation c-1",
        "question 2 [31m",
        "answer 2",
        "/acme/chatbot/r/call/0000000000000002",
    ] {
        assert!(one.contains(shown), "{shown}: {one}");
    }
    assert!(!one.contains('\u{1b}'));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_written_to_a_new_file() {
    let server = served().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.csv");
    let path = path.to_str().unwrap();
    let export = ["export", STREAM, "--format", "csv", "--output", path];
    let output = ask(&server, &export);
    assert!(
        output.status.success() && stderr(&output).contains("6 calls"),
        "{}",
        stderr(&output)
    );
    let rows = std::fs::read_to_string(path).unwrap();
    assert!(rows.starts_with("id,trace_id,") && rows.lines().count() == 7);
    assert_eq!(
        ask(&server, &export).status.code(),
        Some(2),
        "the file exists"
    );
    let lines = answer(&server, &["export", STREAM, "-q", "model:gpt-4o"]);
    assert_eq!(lines.lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_sentences() {
    let server = served().await;
    for (arguments, code, sentence) in [
        (
            &["calls", STREAM, "-q", "latency:>fast"][..],
            2,
            "latency:>fast is no number",
        ),
        (&["calls", "acme/chatbot"], 2, "invalid stream name"),
        (
            &["call", "acme", "1"],
            2,
            "acme is no project: expected ENTITY/PROJECT",
        ),
        (
            &["call", "acme/chatbot", "1"],
            1,
            "there is no such call in this project",
        ),
        (
            &["trace", "acme/chatbot", "1"],
            1,
            "there is no such trace in this project",
        ),
        (
            &["calls", STREAM, "--sort", "beauty"],
            2,
            "sort must be one of",
        ),
    ] {
        let output = ask(&server, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(stderr(&output).contains(sentence), "{}", stderr(&output));
    }
    let absent = spanloom(&["streams", "--server", "http://127.0.0.1:1"]);
    assert_eq!(absent.status.code(), Some(1));
    assert!(stderr(&absent).contains("no server answers at http://127.0.0.1:1/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coding_agent_reads_calls_and_traces_by_mcp() {
    let server = served().await;
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_spanloom"));
    program.args(["mcp", "--server", server.url()]);
    let client = ().serve(TokioChildProcess::new(program).unwrap()).await.unwrap();
    let tools = client.list_all_tools().await.unwrap();
    let mut names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    names.sort_unstable();
    assert_eq!(names, ["call", "calls", "groups", "streams", "trace"]);
    let ask = async |name: &'static str, arguments: Value| {
        let request = CallToolRequestParams::new(name).with_arguments(object(arguments));
        let answer = client.call_tool(request).await.unwrap();
        let text = answer.content[0].as_text().unwrap().text.clone();
        (answer.is_error == Some(true), text)
    };
    let (_, calls) = ask(
        "calls",
        json!({"stream": STREAM, "search": "output:>4", "limit": 1}),
    )
    .await;
    let calls: Value = serde_json::from_str(&calls).unwrap();
    assert_eq!(
        (&calls["total"], calls["calls"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    let (_, groups) = ask("groups", json!({"stream": STREAM, "by": ["model"]})).await;
    assert!(groups.contains("gpt-4o-mini"), "{groups}");
    let (_, call) = ask(
        "call",
        json!({"project": "acme/chatbot", "id": "0000000000000002"}),
    )
    .await;
    assert!(call.contains("question 2"), "{call}");
    let (_, trace) = ask(
        "trace",
        json!({"project": "acme/chatbot", "id": "0af7651916cd43dd8448eb211c80319c"}),
    )
    .await;
    assert!(trace.contains("\"depth\":1"), "{trace}");
    let (is_error, reason) = ask(
        "calls",
        json!({"stream": STREAM, "search": "latency:>fast"}),
    )
    .await;
    assert!(is_error && reason.contains("is no number"), "{reason}");
    client.cancel().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_printed_as_they_arrive() {
    let server = served().await;
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_spanloom"));
    program
        .args(["tail", STREAM, "--server", server.url()])
        .kill_on_drop(true);
    let mut tail = program
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut notes = BufReader::new(tail.stderr.take().unwrap()).lines();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let first = notes.next_line().await.unwrap();
    assert_eq!(
        first.as_deref(),
        Some("following acme/chatbot/openai_logs; Ctrl-C ends")
    );
    let mut now = call(7, None);
    now["started_at"] = json!(Timestamp::from(SystemTime::now()));
    record(&server, &[now]).await;
    let line = lines.next_line().await.unwrap().unwrap();
    assert!(
        line.contains("gpt-4o-mini") && line.contains("question 7 [31m → answer 7"),
        "{line}"
    );
}
