//! A record in two parts, start and end, as `POST /call/upsert_batch` accepts them.
//!
//! Servers older than `calls/complete` accept nothing else. The parts of a call may arrive in any order and in
//! different requests, so the end repeats what a server needs to match it: trace and start.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Record;
use super::wire::{Attributes, ProjectId};

/// One item of the batch: `{"mode":"start","req":{"start":{…}}}`, or the same with `end`.
///
/// ```
/// # use spanloom_core::Record;
/// let record: Record = serde_json::from_str(r#"{"project_id":"acme/chatbot","id":"00f067aa0ba902b7","op_name":"f",
///     "started_at":"2026-11-22T10:00:00Z","ended_at":"2026-11-22T10:00:01Z"}"#)?;
/// let items: Vec<String> = record.parts().map(|part| serde_json::to_string(&part)).collect::<Result<_, _>>()?;
/// let body = format!(r#"{{"batch":[{}]}}"#, items.join(","));
/// assert!(body.starts_with(r#"{"batch":[{"mode":"start","req":{"start":{"project_id":"acme/chatbot""#));
/// assert_eq!(items.len(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CallPart<'a> {
    record: &'a Record,
    mode: Mode,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Start,
    End,
}

impl Record {
    /// Returns the record's parts: its start, and its end unless the call still runs.
    pub fn parts(&self) -> impl Iterator<Item = CallPart<'_>> {
        let end = self.ended_at.map(|_| Mode::End);
        [Some(Mode::Start), end]
            .into_iter()
            .flatten()
            .map(|mode| CallPart { record: self, mode })
    }
}

impl Serialize for CallPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut item = serializer.serialize_map(Some(2))?;
        match self.mode {
            Mode::Start => {
                item.serialize_entry("mode", "start")?;
                item.serialize_entry("req", &Request("start", Start(self.record)))?;
            }
            Mode::End => {
                item.serialize_entry("mode", "end")?;
                item.serialize_entry("req", &Request("end", End(self.record)))?;
            }
        }
        item.end()
    }
}

/// An object with one field.
struct Request<T>(&'static str, T);

impl<T: Serialize> Serialize for Request<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &self.1)?;
        map.end()
    }
}

struct Start<'a>(&'a Record);

impl Serialize for Start<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("project_id", &ProjectId(&record.stream))?;
        map.serialize_entry("id", &record.id)?;
        map.serialize_entry("trace_id", &record.trace_id)?;
        map.serialize_entry("parent_id", &record.parent_id)?;
        map.serialize_entry("thread_id", &record.thread_id)?;
        map.serialize_entry("turn_id", &record.turn_id)?;
        map.serialize_entry("op_name", &record.op_name)?;
        map.serialize_entry("display_name", &record.display_name)?;
        map.serialize_entry("started_at", &record.started_at)?;
        map.serialize_entry("attributes", &Attributes { record, info: None })?;
        map.serialize_entry("inputs", &record.inputs)?;
        map.serialize_entry("wb_user_id", &record.wb_user_id)?;
        map.end()
    }
}

struct End<'a>(&'a Record);

impl Serialize for End<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("project_id", &ProjectId(&record.stream))?;
        map.serialize_entry("id", &record.id)?;
        map.serialize_entry("trace_id", &record.trace_id)?;
        map.serialize_entry("started_at", &record.started_at)?;
        map.serialize_entry("ended_at", &record.ended_at)?;
        map.serialize_entry("exception", &record.exception)?;
        map.serialize_entry("output", &record.output)?;
        map.serialize_entry("summary", &record.summary)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(ended_at: &Value) -> Record {
        serde_json::from_value(json!({"project_id": "acme/chatbot", "id": "00f067aa0ba902b7",
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "parent_id": "00f067aa0ba902b8",
            "op_name": "openai.chat.completions.create", "display_name": "chat m",
            "started_at": "2026-11-22T10:00:00Z", "ended_at": ended_at, "attributes": {"stream": "logs", "a": 1},
            "inputs": {"model": "m"}, "output": {"choices": []}, "summary": {"latency_s": 1.0}, "exception": "E: e",
            "thread_id": "t", "turn_id": "u", "wb_user_id": "w"}))
        .unwrap()
    }

    fn parts(record: &Record) -> Vec<Value> {
        let parts = record
            .parts()
            .map(|part| serde_json::to_value(part).unwrap());
        parts.collect()
    }

    #[test]
    fn both_parts_together_are_the_complete_call() {
        let record = record(&json!("2026-11-22T10:00:01Z"));
        let [start, end] = parts(&record).try_into().unwrap();
        assert_eq!(
            (&start["mode"], &end["mode"]),
            (&json!("start"), &json!("end"))
        );
        let mut merged = start["req"]["start"].clone();
        let end = end["req"]["end"].as_object().unwrap();
        merged.as_object_mut().unwrap().extend(end.clone());
        assert_eq!(merged, serde_json::to_value(&record).unwrap());
        // The start contains nothing of the answer, and the end contains nothing of the question.
        let names: Vec<&String> = end.keys().collect();
        assert_eq!(
            names,
            [
                "ended_at",
                "exception",
                "id",
                "output",
                "project_id",
                "started_at",
                "summary",
                "trace_id"
            ]
        );
        assert_eq!(start["req"]["start"].get("output"), None);
    }

    #[test]
    fn a_call_that_runs_has_no_end() {
        let parts = parts(&record(&Value::Null));
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0]["mode"], "start");
    }
}
