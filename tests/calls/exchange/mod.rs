//! Exchanges recorded from real servers (`exchanges/<behaviour>.json`, by `record`), replayed through the layer.
//!
//! `truth` and the convention's data check every exchange. One of each kind also has a snapshot of its span, metrics,
//! events and record, `<behaviour>.snap.json`: few enough that differences are read. The test finds new files by
//! itself; an empty snapshot file requests a new snapshot. `SPANLOOM_BLESS=1 cargo test -p spanloom-tests --test calls
//! exchange` rewrites the snapshots; read the differences before you commit them.

mod snapshot;
mod truth;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use bytes::Bytes;
use serde_json::Value;
use spanloom_instrumentation::Content;
use tower::Layer as _;

use crate::ask::{Patience, Question, ask};
use crate::conformance::Case;
use crate::observe::Observer;
use crate::stream::{Ending, Script, Scripts};

/// The least number of recordings, and of snapshots among them, in the folder.
const FEWEST: (usize, usize) = (60, 20);

/// One recorded exchange.
pub(crate) struct Exchange {
    pub(crate) name: String,
    pub(crate) question: Question,
    pub(crate) script: Script,
    pub(crate) patience: Patience,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("calls/exchanges")
}

pub(crate) fn recorded() -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path
                .file_name()?
                .to_str()?
                .strip_suffix(".json")?
                .to_owned();
            (!name.ends_with(".snap")).then(|| read(name, &fs::read_to_string(&path).unwrap()))
        })
        .collect();
    exchanges.sort_by(|one, other| one.name.cmp(&other.name));
    exchanges
}

fn read(name: String, text: &str) -> Exchange {
    let json: Value = serde_json::from_str(text).unwrap();
    let (request, response) = (&json["request"], &json["response"]);
    let question = Question {
        method: request["method"].as_str().unwrap().parse().unwrap(),
        path: request["path"].as_str().unwrap().to_owned(),
        body: request["body"].clone(),
    };
    let chunks = response["chunks"].as_array().unwrap();
    let chunks: Vec<Bytes> = chunks.iter().map(bytes).collect();
    let (ending, patience) = match response["ended"].as_str().unwrap() {
        "whole" => (Ending::Whole, Patience::Endless),
        "cut" => (Ending::Broken, Patience::Endless),
        "dropped" => (Ending::Silent, Patience::Chunks(chunks.len())),
        other => panic!("{name} ended {other}"),
    };
    let headers = response["headers"].as_object().unwrap();
    let headers = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let script = Script {
        status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        headers: headers.collect(),
        chunks,
        ending,
        sized: false,
    };
    Exchange {
        name,
        question,
        script,
        patience,
    }
}

fn bytes(chunk: &Value) -> Bytes {
    match chunk {
        Value::String(text) => Bytes::from(text.clone()),
        numbers => serde_json::from_value::<Vec<u8>>(numbers.clone())
            .unwrap()
            .into(),
    }
}

#[tokio::test]
async fn every_recorded_exchange_is_recorded_right() {
    let exchanges = recorded();
    let mut snapshots = 0;
    let bless = env::var_os("SPANLOOM_BLESS").is_some();
    let mut problems = Vec::new();
    for exchange in &exchanges {
        let observer = Observer::with(|builder| builder.with_content(Content::Both));
        let mut service = observer
            .layer
            .layer(Scripts(Arc::new(exchange.script.clone())));
        let base = "http://server.test:8080/v1";
        let answer = ask(&mut service, base, &exchange.question, exchange.patience).await;
        assert_eq!(answer.chunks, exchange.script.chunks, "{}", exchange.name);
        let observed = observer.observed_if_any();
        if let Some(observed) = &observed {
            let case = Case {
                question: &exchange.question,
                answer: &answer,
                observed,
            };
            case.assert_conforms();
            problems.extend(truth::untruths(exchange, &answer, observed));
        }
        let path = folder().join(format!("{}.snap.json", exchange.name));
        let Ok(expected) = fs::read_to_string(&path) else {
            continue;
        };
        snapshots += 1;
        let snapshot = snapshot::of(observed.as_ref());
        if bless {
            let text = serde_json::to_string_pretty(&snapshot).unwrap();
            fs::write(&path, text + "\n").unwrap();
            continue;
        }
        let expected = serde_json::from_str(&expected).unwrap_or_default();
        let differences = snapshot::differences(&expected, &snapshot);
        let named = |line| format!("{}: {line}", exchange.name);
        problems.extend(differences.into_iter().map(named));
    }
    assert!(exchanges.len() >= FEWEST.0 && snapshots >= FEWEST.1);
    assert!(
        problems.is_empty(),
        "{} differences; when they are meant, bless them (see the head of this file):\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn no_snapshot_is_left_over() {
    let names: Vec<String> = recorded()
        .into_iter()
        .map(|exchange| exchange.name)
        .collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file
            .strip_suffix(".snap.json")
            .or(file.strip_suffix(".json"));
        assert!(
            name.is_some_and(|name| names.iter().any(|other| other == name)),
            "{file}"
        );
    }
}
