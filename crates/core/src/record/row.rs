//! A record as a flat row.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Json, Record, StatusCode};
use crate::Timestamp;

/// A record with the columns of the first W&B monitor's stream table, for whoever reads those.
///
/// Source: `weave.monitoring` 0.26 to 0.29.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the fields carry the table's names")]
pub struct Row<'a> {
    pub span_id: &'a str,
    pub trace_id: &'a str,
    pub parent_id: Option<&'a str>,
    pub name: &'a str,
    pub status_code: StatusCode,
    pub start_time_s: f64,
    pub end_time_s: Option<f64>,
    pub inputs: &'a Json,
    pub output: Option<&'a Json>,
    pub exception: Option<&'a str>,
    pub attributes: &'a Map<String, Value>,
    /// `prompt_tokens`, `completion_tokens`, `total_tokens`, `latency_s`, and what the table did not have: `model`, `cost`.
    /// What is not known is absent.
    pub summary: Map<String, Value>,
    pub timestamp: Timestamp,
}

impl Record {
    /// The record as a flat row.
    #[must_use]
    pub fn row(&self) -> Row<'_> {
        let read = super::Summary::from_map(&self.summary);
        let mut summary = Map::new();
        if let Some((model, usage)) = read.usage.iter().next() {
            let tokens = [
                ("prompt_tokens", usage.prompt_tokens),
                ("completion_tokens", usage.completion_tokens),
                ("total_tokens", usage.total_tokens),
            ];
            summary.insert("model".to_owned(), json!(model));
            for (name, count) in tokens {
                summary.extend(count.map(|count| (name.to_owned(), json!(count))));
            }
        }
        let numbers = [
            ("latency_s", read.latency_s),
            ("time_to_first_chunk_s", read.time_to_first_chunk_s),
            ("cost", read.cost.map(|cost| cost.total_usd)),
        ];
        for (name, number) in numbers {
            summary.extend(number.map(|number| (name.to_owned(), json!(number))));
        }
        Row {
            span_id: &self.id,
            trace_id: &self.trace_id,
            parent_id: self.parent_id.as_deref(),
            name: &self.op_name,
            status_code: read.status_code,
            start_time_s: self.started_at.as_seconds(),
            end_time_s: self.ended_at.map(Timestamp::as_seconds),
            inputs: &self.inputs,
            output: self.output.as_ref(),
            exception: self.exception.as_deref(),
            attributes: &self.attributes,
            summary,
            timestamp: self.started_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_columns_of_the_stream_table() {
        let record: Record = serde_json::from_value(json!({
            "project_id": "acme/chatbot", "id": "1", "trace_id": "2", "op_name": "openai.chat.completions.create",
            "started_at": "1970-01-01T00:00:01.5Z", "ended_at": "1970-01-01T00:00:02Z",
            "attributes": {"stream": "logs", "tenant": "blue"}, "inputs": {"model": "m"}, "output": {"choices": []},
            "summary": {"latency_s": 0.5, "status_code": "SUCCESS", "usage": {"m-1": {"requests": 1, "prompt_tokens": 3, "completion_tokens": 2}}},
        }))
        .unwrap();
        assert_eq!(
            serde_json::to_value(record.row()).unwrap(),
            json!({
                "span_id": "1", "trace_id": "2", "parent_id": null, "name": "openai.chat.completions.create",
                "status_code": "SUCCESS", "start_time_s": 1.5, "end_time_s": 2.0, "inputs": {"model": "m"},
                "output": {"choices": []}, "exception": null, "attributes": {"tenant": "blue"},
                "summary": {"model": "m-1", "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "latency_s": 0.5}, "timestamp": "1970-01-01T00:00:01.5Z",
            })
        );
    }
}
