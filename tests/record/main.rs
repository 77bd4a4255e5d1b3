//! Records the answers of real servers: `record` sends every question of `questions.json` to aimock and llama.cpp and
//! writes one file each to `calls/exchanges/`, where the test target `calls` replays them.
//!
//! `cargo run -p spanloom-tests --features real-parts --bin record`, then bless the snapshots (`calls/exchange.rs`).
//! Names given as arguments limit it to the questions that contain one of them.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, process::ExitCode};

use http_body_util::BodyExt as _;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use spanloom_tests::parts::Result;
use spanloom_tests::parts::aimock::Aimock;
use spanloom_tests::parts::llama::Llama;

/// Headers that a layer or its caller might read.
const HEADERS: [&str; 2] = ["content-type", "retry-after"];

/// Far longer than any server takes for such short answers.
const LONGEST: Duration = Duration::from_secs(30);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match record().await {
        Ok(count) => {
            println!("{count} exchanges recorded");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

async fn record() -> Result<usize> {
    let wanted: Vec<String> = env::args().skip(1).collect();
    let questions = fs::read_to_string(here("record/questions.json"))?;
    let questions: Vec<Value> = serde_json::from_str(&questions)?;
    let aimock = Aimock::start_with(&here("record/answers.json")).await?;
    let llama = Llama::start().await?;
    let mut count = 0;
    for question in questions {
        let name = question["name"]
            .as_str()
            .ok_or("a question without a name")?;
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part)) {
            continue;
        }
        let base = match question["server"].as_str() {
            Some("aimock") => aimock.base_url(),
            Some("llama") => llama.base_url(),
            _ => return Err(format!("{name}: which server?").into()),
        };
        let exchange = ask(&base, &question)
            .await
            .map_err(|error| format!("{name}: {error}"))?;
        // The only part of this machine that an answer may contain.
        let host = base.trim_start_matches("http://").trim_end_matches("/v1");
        let text = serde_json::to_string_pretty(&exchange)?.replace(host, "server.test");
        fs::write(here(&format!("calls/exchanges/{name}.json")), text + "\n")?;
        count += 1;
    }
    Ok(count)
}

async fn ask(base: &str, question: &Value) -> Result<Value> {
    let drop_after = question["drop_after"].as_u64();
    let response = request(base, question)?.timeout(LONGEST).send().await?;
    let status = response.status().as_u16();
    let mut headers = serde_json::Map::new();
    for name in HEADERS {
        if let Some(value) = response.headers().get(name) {
            headers.insert(name.to_owned(), value.to_str()?.into());
        }
    }
    let mut body = reqwest::Body::from(response);
    let mut chunks = Vec::new();
    let ended = loop {
        if drop_after == Some(chunks.len() as u64) {
            break "dropped";
        }
        match body.frame().await {
            Some(Ok(frame)) => chunks.extend(frame.into_data().ok().map(|data| chunk(&data))),
            Some(Err(_)) => break "cut",
            None => break "whole",
        }
    };
    Ok(json!({
        "server": question["server"],
        "request": {"method": question["method"], "path": question["path"], "body": question["body"]},
        "response": {"status": status, "headers": headers, "chunks": chunks, "ended": ended},
    }))
}

fn request(base: &str, question: &Value) -> Result<RequestBuilder> {
    let method: Method = question["method"].as_str().unwrap_or_default().parse()?;
    let path = question["path"].as_str().unwrap_or_default();
    let request = Client::new().request(method, format!("{base}{path}"));
    Ok(match &question["body"] {
        Value::Null => request,
        // The unchanged body, JSON or not.
        Value::String(text) => request
            .header("content-type", "application/json")
            .body(text.clone()),
        body => request.json(body),
    })
}

/// Returns text as text, and other bytes as numbers.
fn chunk(data: &[u8]) -> Value {
    match std::str::from_utf8(data) {
        Ok(text) => text.into(),
        Err(_) => data.into(),
    }
}
