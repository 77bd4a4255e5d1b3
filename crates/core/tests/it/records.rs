//! Spans of every kind, and the records they become: one file for each behaviour in `tests/mapping`.
//!
//! `SPANLOOM_BLESS=1 cargo test -p spanloom-core --test it records` rewrites the records; review the changes.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use spanloom_core::mapping::{Attributes, Event, Span, SpanStatus, record};
use spanloom_core::{Record, StreamName, Timestamp};

fn fixtures() -> Vec<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mapping");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        (file, serde_json::from_str(&text).unwrap())
    };
    files.into_iter().map(read).collect()
}

fn attributes(value: &Value) -> Attributes {
    let map: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
    map.into_iter().collect()
}

fn mapped(fixture: &Value) -> Record {
    let at = |milliseconds| Timestamp::from(UNIX_EPOCH + Duration::from_millis(milliseconds));
    let span = Span {
        name: fixture["name"].as_str().unwrap().to_owned(),
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
        span_id: "00f067aa0ba902b7".to_owned(),
        parent_id: fixture["parent_id"].as_str().map(str::to_owned),
        started_at: at(1_000),
        ended_at: at(1_250),
        status: match fixture["error"].as_str() {
            Some(message) => SpanStatus::Error(message.to_owned()),
            None => SpanStatus::Unset,
        },
        attributes: attributes(&fixture["attributes"]),
        events: events(&fixture["events"]),
        ..Span::default()
    };
    let stream = StreamName::parse("acme/chatbot/logs", None).unwrap();
    record(span, &attributes(&fixture["resource"]), &stream)
}

fn events(fixture: &Value) -> Vec<Event> {
    let events = fixture.as_array().into_iter().flatten();
    events
        .map(|event| Event {
            name: event["name"].as_str().unwrap().to_owned(),
            at: Timestamp::from(UNIX_EPOCH + Duration::from_millis(1_100)),
            attributes: attributes(&event["attributes"]),
        })
        .collect()
}

#[test]
fn every_span_becomes_the_record_beside_it() {
    let bless = std::env::var_os("SPANLOOM_BLESS").is_some();
    let fixtures = fixtures();
    assert!(fixtures.len() >= 25, "{} behaviours", fixtures.len());
    for (file, mut fixture) in fixtures {
        let found = serde_json::to_value(mapped(&fixture)).unwrap();
        if bless {
            fixture["record"] = found;
            fs::write(
                &file,
                serde_json::to_string_pretty(&fixture).unwrap() + "\n",
            )
            .unwrap();
        } else {
            assert_eq!(found, fixture["record"], "{}", file.display());
        }
    }
}

/// What has the convention's words in a record.
const TRANSLATED: [&str; 6] = [
    "gen_ai.response.finish_reason",
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ai.model.provider",
];

#[test]
fn nothing_a_span_says_is_lost() {
    for (file, fixture) in fixtures() {
        let record = serde_json::to_string(&mapped(&fixture)).unwrap();
        for (name, value) in fixture["attributes"].as_object().unwrap() {
            // Texts that are JSON themselves are stored as JSON.
            let Some(text) = value
                .as_str()
                .filter(|text| !text.starts_with(['{', '[', '"']))
            else {
                continue;
            };
            if TRANSLATED.contains(&name.as_str()) {
                continue;
            }
            // The routing attributes name the record, the API's type names the op, and a good outcome is the status.
            let told = record.contains(json!(text).to_string().trim_matches('"'));
            assert!(told, "{}: {name} = {text:?} is nowhere", file.display());
        }
    }
}

#[test]
fn records_are_read_back_as_they_are() {
    for (file, fixture) in fixtures() {
        let record = mapped(&fixture);
        let text = serde_json::to_string(&record).unwrap();
        let again: Record = serde_json::from_str(&text).unwrap();
        assert_eq!(again, record, "{}", file.display());
    }
}

#[test]
fn messages_have_roles_and_usage_has_one_family() {
    for (file, fixture) in fixtures() {
        let record = mapped(&fixture);
        let inputs: Value = serde_json::from_str(record.inputs.as_str()).unwrap();
        for message in inputs["messages"].as_array().into_iter().flatten() {
            assert!(message["role"].is_string(), "{}: {message}", file.display());
        }
        for usage in record
            .summary
            .get("usage")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::values)
        {
            assert!(
                usage.get("input_tokens").is_none(),
                "{}: {usage}",
                file.display()
            );
        }
    }
}
