//! The recovery, from its row, of a call whose payload cannot be read.

use serde_json::{Map, Value};
use spanloom_core::{
    CallInfo, CostSummary, Json, Outcome, Record, StatusCode, StreamName, Summary, Timestamp,
    UsageSummary,
};

use super::row::{Row, Status};
use super::{Code, Dictionary};

/// Builds a record from a row alone: names, times and numbers without content, marked as damaged.
pub(super) fn remains(row: &Row, dictionary: &Dictionary) -> Record {
    let text = |code: Code| dictionary.text(code).to_owned();
    let project = text(row.project);
    let (entity, project) = project.split_once('/').unwrap_or(("", &project));
    let info = CallInfo {
        operation: row.operation.map(text),
        provider: row.provider.map(text),
        request_model: row.request_model.map(text),
        response_model: row.model.map(text),
        streamed: row.streamed,
        outcome: row.outcome.map(Outcome::as_str).map(str::to_owned),
        attempts: row.attempts,
        damaged: true,
        ..CallInfo::default()
    };
    let attributes: Map<String, Value> = row
        .attributes
        .iter()
        .map(|(path, value)| (text(*path), Value::from(text(*value))))
        .collect();
    let mut record = Record {
        stream: StreamName {
            entity: entity.to_owned(),
            project: project.to_owned(),
            stream: text(row.stream),
        },
        id: row.id.to_string(),
        trace_id: row.trace.to_string(),
        parent_id: row.parent.as_ref().map(ToString::to_string),
        op_name: text(row.op_name),
        display_name: None,
        started_at: Timestamp::from_nanos(row.started_at),
        ended_at: row.ended_at.map(Timestamp::from_nanos),
        inputs: Json::empty(),
        output: None,
        attributes,
        summary: summary(row, dictionary).to_map(),
        exception: None,
        thread_id: row.thread.map(text),
        turn_id: None,
        wb_user_id: row.user.map(text),
        run: None,
    };
    record.set_info(&info);
    record
}

fn summary(row: &Row, dictionary: &Dictionary) -> Summary {
    let count = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok());
    let usage = UsageSummary {
        requests: 1,
        prompt_tokens: count(row.input_tokens),
        completion_tokens: count(row.output_tokens),
        total_tokens: count(row.total_tokens()),
        cache_read_input_tokens: count(row.cached_tokens),
        cache_creation_input_tokens: None,
        reasoning_tokens: count(row.reasoning_tokens),
    };
    let model = row.model.filter(|_| row.total_tokens().is_some());
    let cost = row.cost.zip(row.cost_source);
    Summary {
        usage: model
            .map(|model| (dictionary.text(model).to_owned(), usage))
            .into_iter()
            .collect(),
        latency_s: row.latency().map(|nanos| nanos as f64 / 1e9),
        time_to_first_chunk_s: row.first_chunk.map(|nanos| nanos as f64 / 1e9),
        cost: cost.map(|(nanos, source)| CostSummary {
            total_usd: nanos as f64 / 1e9,
            source: dictionary.text(source).to_owned(),
            ..CostSummary::default()
        }),
        status_code: match row.status {
            Status::Error => StatusCode::Error,
            Status::Success => StatusCode::Success,
            Status::Running => StatusCode::Unset,
        },
    }
}
