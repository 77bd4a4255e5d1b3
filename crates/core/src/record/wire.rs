//! A record as a complete call of Weave's API (`POST /v2/{entity}/{project}/calls/complete`).

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use super::{CallInfo, Json, Record, Run};
use crate::{StreamName, Timestamp};

/// The attributes of a record, including its stream.
pub(super) struct Attributes<'a> {
    pub(super) record: &'a Record,
    /// The facts, if the attributes lack them.
    pub(super) info: Option<&'a CallInfo>,
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = self.record;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(Record::STREAM, &record.stream.stream)?;
        let others = record.attributes.iter();
        for (name, value) in others.filter(|(name, _)| *name != Record::STREAM) {
            map.serialize_entry(name, value)?;
        }
        if let Some(info) = self.info {
            map.serialize_entry(CallInfo::GROUP, info)?;
        }
        map.end()
    }
}

/// `entity/project`.
pub(super) struct ProjectId<'a>(pub(super) &'a StreamName);

impl Serialize for ProjectId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/{}", self.0.entity, self.0.project))
    }
}

/// A record of which some parts are not in their maps yet.
pub(crate) struct Wire<'a, N> {
    pub(crate) record: &'a Record,
    /// The facts, if the attributes lack them.
    pub(crate) info: Option<&'a CallInfo>,
    pub(crate) summary: &'a N,
}

impl<N: Serialize> Serialize for Wire<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { record, info, .. } = *self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("project_id", &ProjectId(&record.stream))?;
        map.serialize_entry("id", &record.id)?;
        map.serialize_entry("trace_id", &record.trace_id)?;
        map.serialize_entry("parent_id", &record.parent_id)?;
        map.serialize_entry("op_name", &record.op_name)?;
        map.serialize_entry("display_name", &record.display_name)?;
        map.serialize_entry("started_at", &record.started_at)?;
        map.serialize_entry("ended_at", &record.ended_at)?;
        map.serialize_entry("attributes", &Attributes { record, info })?;
        map.serialize_entry("inputs", &record.inputs)?;
        map.serialize_entry("output", &record.output)?;
        map.serialize_entry("summary", self.summary)?;
        map.serialize_entry("exception", &record.exception)?;
        map.serialize_entry("thread_id", &record.thread_id)?;
        map.serialize_entry("turn_id", &record.turn_id)?;
        map.serialize_entry("wb_user_id", &record.wb_user_id)?;
        if let Some(run) = &record.run {
            map.serialize_entry("wb_run_id", &run.id)?;
            map.serialize_entry("wb_run_step", &run.step)?;
            map.serialize_entry("wb_run_step_end", &run.step_end)?;
        }
        map.end()
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let wire = Wire {
            record: self,
            info: None,
            summary: &self.summary,
        };
        wire.serialize(serializer)
    }
}

/// A call as Weave's clients send it: everything a call may have, most of it optional.
#[derive(Deserialize)]
struct CompleteCall {
    project_id: String,
    id: String,
    #[serde(default)]
    trace_id: Option<String>,
    #[serde(default)]
    parent_id: Option<String>,
    op_name: String,
    #[serde(default)]
    display_name: Option<String>,
    started_at: Timestamp,
    #[serde(default)]
    ended_at: Option<Timestamp>,
    #[serde(default)]
    attributes: Option<Map<String, Value>>,
    #[serde(default)]
    inputs: Option<Json>,
    #[serde(default)]
    output: Option<Json>,
    #[serde(default)]
    summary: Option<Map<String, Value>>,
    #[serde(default)]
    exception: Option<String>,
    #[serde(default)]
    thread_id: Option<String>,
    #[serde(default)]
    turn_id: Option<String>,
    #[serde(default)]
    wb_user_id: Option<String>,
    #[serde(default)]
    wb_run_id: Option<String>,
    #[serde(default)]
    wb_run_step: Option<i64>,
    #[serde(default)]
    wb_run_step_end: Option<i64>,
}

impl CompleteCall {
    fn run(&mut self) -> Option<Run> {
        let run = Run {
            id: self.wb_run_id.take(),
            step: self.wb_run_step,
            step_end: self.wb_run_step_end,
        };
        Some(run).filter(|run| *run != Run::default())
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut call = CompleteCall::deserialize(deserializer)?;
        let run = call.run();
        let mut attributes = call.attributes.unwrap_or_default();
        let (entity, project) = call
            .project_id
            .split_once('/')
            .ok_or_else(|| de::Error::custom("project_id must be entity/project"))?;
        let stream = match attributes.remove(Record::STREAM) {
            Some(Value::String(stream)) if StreamName::is_part(&stream) => stream,
            Some(other) => {
                attributes.insert(Record::STREAM.to_owned(), other);
                Self::DEFAULT_STREAM.to_owned()
            }
            None => Self::DEFAULT_STREAM.to_owned(),
        };
        let stream = StreamName::parse(&format!("{entity}/{project}/{stream}"), None)
            .map_err(de::Error::custom)?;
        Ok(Self {
            stream,
            trace_id: call.trace_id.unwrap_or_else(|| call.id.clone()),
            id: call.id,
            parent_id: call.parent_id,
            op_name: call.op_name,
            display_name: call.display_name,
            started_at: call.started_at,
            ended_at: call.ended_at,
            inputs: call.inputs.unwrap_or_else(Json::empty),
            output: call.output,
            attributes,
            summary: call.summary.unwrap_or_default(),
            exception: call.exception,
            thread_id: call.thread_id,
            turn_id: call.turn_id,
            wb_user_id: call.wb_user_id,
            run,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_call_survives_the_wire() {
        let text = r#"{"project_id":"acme/chatbot","id":"00f067aa0ba902b7","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",
            "parent_id":null,"op_name":"openai.chat.completions.create","display_name":"chat gpt-4o-mini",
            "started_at":"2026-11-22T10:00:00.000001Z","ended_at":"2026-11-22T10:00:01Z",
            "attributes":{"stream":"openai_logs","params":{"a":1}},
            "inputs":{"model":"m","messages":[ {"role":"user"} ]},"output":{"choices":[]},
            "summary":{"latency_s":1.0},"exception":null,"thread_id":null,"turn_id":null,"wb_user_id":null}"#;
        let record: Record = serde_json::from_str(text).unwrap();
        assert_eq!(record.stream.to_string(), "acme/chatbot/openai_logs");
        assert_eq!(
            record.inputs.as_str(),
            r#"{"model":"m","messages":[ {"role":"user"} ]}"#
        );
        assert!(!record.attributes.contains_key("stream"));
        let again = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&again).unwrap(), record);
        assert_eq!(
            serde_json::from_str::<Value>(&again).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }

    #[test]
    fn the_run_of_a_call_survives_too() {
        let call = json!({"project_id":"e/p","id":"x","op_name":"f","started_at":"2026-11-22T10:00:00Z","wb_run_id":"e/p/r","wb_run_step":3});
        let record: Record = serde_json::from_value(call).unwrap();
        let run = record.run.clone().unwrap();
        assert_eq!(
            (run.id.as_deref(), run.step, run.step_end),
            (Some("e/p/r"), Some(3), None)
        );
        let again = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&again).unwrap(), record);
    }

    #[test]
    fn the_least_a_client_may_send() {
        let record: Record =
            serde_json::from_value::<Record>(json!({"project_id":"e/p","id":"x","op_name":"f",
            "started_at":"2026-11-22T10:00:00Z","attributes":{"stream":7}}))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(record.stream.stream, Record::DEFAULT_STREAM);
        assert_eq!(record.attributes["stream"], 7);
        assert!(serde_json::from_str::<Record>(r#"{"project_id":"nope","id":"x","op_name":"f","started_at":"2026-11-22T10:00:00Z"}"#).is_err());
    }
}
