//! A call as it is written.

use std::collections::HashSet;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use spanloom_core::{Json, Record};

use crate::weave::graphql::USER_NAME;

/// The streams of records that name none, which are not among the attributes that their clients sent.
const UNNAMED: [&str; 2] = [Record::DEFAULT_STREAM, "spans"];

/// The columns that a client asks for: whole fields, since `inputs.model` asks for all of `inputs`, as in Weave.
#[derive(Debug)]
pub(super) struct Columns(Option<HashSet<String>>);

impl Columns {
    /// Returns all columns for `None`.
    pub(super) fn new(columns: Option<&[String]>, with_costs: bool) -> Self {
        /// The fields that come with the summary, which is derived from them.
        const OF_SUMMARY: [&str; 3] = ["ended_at", "exception", "display_name"];
        let Some(columns) = columns else {
            return Self(None);
        };
        let head = |column: &String| {
            let head = column.split('.').next().unwrap_or_default();
            head.strip_suffix("_dump").unwrap_or(head).to_owned()
        };
        let mut wanted: HashSet<String> = columns.iter().map(head).collect();
        if with_costs {
            wanted.insert("summary".to_owned());
        }
        if wanted.contains("summary") {
            wanted.extend(OF_SUMMARY.map(str::to_owned));
        }
        Self(Some(wanted))
    }

    fn wants(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|wanted| wanted.contains(name))
    }
}

/// A call, with the columns that a client asks for. Some fields are written always: clients cannot read a call without them.
pub(in crate::weave) struct Shown<'a> {
    pub(super) record: Record,
    pub(super) columns: &'a Columns,
    pub(super) otel_dump: Option<Value>,
    pub(super) storage_size: Option<usize>,
    pub(super) total_storage_size: Option<usize>,
}

impl Shown<'_> {
    /// Returns the bytes of what a call has to store.
    pub(in crate::weave) fn size(record: &Record) -> usize {
        let map = |map: &Map<String, Value>| Json::from_value(map).as_str().len();
        let output = record
            .output
            .as_ref()
            .map_or(0, |output| output.as_str().len());
        map(&record.attributes) + record.inputs.as_str().len() + output + map(&record.summary)
    }
}

impl Shown<'_> {
    fn serialize_run<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let run = self.record.run.as_ref();
        if self.columns.wants("wb_run_id") {
            map.serialize_entry("wb_run_id", &run.and_then(|run| run.id.as_ref()))?;
        }
        for (name, number) in [
            ("wb_run_step", run.and_then(|run| run.step)),
            ("wb_run_step_end", run.and_then(|run| run.step_end)),
        ] {
            if self.columns.wants(name) {
                map.serialize_entry(name, &number)?;
            }
        }
        Ok(())
    }
}

struct Attributes<'a>(&'a Record);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stream = &self.0.stream.stream;
        let mut map = serializer.serialize_map(None)?;
        if !UNNAMED.contains(&stream.as_str()) && !self.0.attributes.contains_key(Record::STREAM) {
            map.serialize_entry(Record::STREAM, stream)?;
        }
        for (name, value) in &self.0.attributes {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = &self.record;
        let wants = |name| self.columns.wants(name);
        let mut map = serializer.serialize_map(None)?;
        let stream = &record.stream;
        let project = format_args!("{}/{}", stream.entity, stream.project);
        map.serialize_entry("project_id", &project)?;
        map.serialize_entry("id", &record.id)?;
        map.serialize_entry("trace_id", &record.trace_id)?;
        map.serialize_entry("op_name", &record.op_name)?;
        map.serialize_entry("started_at", &record.started_at)?;
        match wants("attributes") {
            true => map.serialize_entry("attributes", &Attributes(record))?,
            false => map.serialize_entry("attributes", &Map::new())?,
        }
        match wants("inputs") {
            true => map.serialize_entry("inputs", &record.inputs)?,
            false => map.serialize_entry("inputs", &Map::new())?,
        }
        let texts = [
            ("parent_id", &record.parent_id),
            ("display_name", &record.display_name),
            ("exception", &record.exception),
            ("thread_id", &record.thread_id),
            ("turn_id", &record.turn_id),
        ];
        for (name, text) in texts.into_iter().filter(|(name, _)| wants(name)) {
            map.serialize_entry(name, text)?;
        }
        if wants("ended_at") {
            map.serialize_entry("ended_at", &record.ended_at)?;
        }
        if wants("output") {
            map.serialize_entry("output", &record.output)?;
        }
        if wants("summary") {
            map.serialize_entry("summary", &record.summary)?;
        }
        if let Some(dump) = self.otel_dump.as_ref().filter(|_| wants("otel")) {
            map.serialize_entry("otel_dump", dump)?;
        }
        if wants("wb_user_id") {
            let user = record.wb_user_id.as_deref().unwrap_or(USER_NAME);
            map.serialize_entry("wb_user_id", user)?;
        }
        self.serialize_run(&mut map)?;
        let sizes = [
            ("storage_size_bytes", self.storage_size),
            ("total_storage_size_bytes", self.total_storage_size),
        ];
        for (name, size) in sizes {
            if wants(name) || size.is_some() {
                map.serialize_entry(name, &size)?;
            }
        }
        map.end()
    }
}
