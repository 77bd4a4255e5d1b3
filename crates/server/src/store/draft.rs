//! The row of a record before its texts have codes: prepared on the sender's thread, so that the writer only writes.

use std::time::Duration;

use serde_json::{Map, Value};
use spanloom_core::{
    CallInfo, Cost, CostSummary, Outcome, Record, StatusCode, Summary, UsageSource, Usd,
};

use super::id::Id;
use super::incoming::Incoming;
use super::row::{Row, Status};
use super::{Code, Dictionary};

/// The maximum number of attributes of a call that can be grouped by.
const MOST_ATTRIBUTES: usize = 128;
/// The longest attribute path and value that can be grouped by, in bytes; longer ones are stored in the payload only.
const LONGEST_VALUE: usize = 2_048;

/// A row, and the texts of its codes.
#[derive(Debug)]
pub(super) struct Draft {
    /// Without codes, attributes and location.
    row: Row,
    /// `entity/project`.
    project: String,
    stream: String,
    op_name: String,
    thread: Option<String>,
    user: Option<String>,
    operation: Option<String>,
    provider: Option<String>,
    model: Option<String>,
    request_model: Option<String>,
    cost_source: Option<String>,
    /// The path and the value of each attribute that can be grouped by.
    attributes: Vec<(String, String)>,
}

impl Draft {
    pub(super) fn new(call: Incoming) -> Self {
        match call {
            Incoming::Record(record) => {
                let (info, mut summary) = (record.info(), Summary::from_map(&record.summary));
                // Our recorder knows more than the record has: without a cost, it found no price.
                if summary.cost.is_none() && info.attempts.is_none() {
                    summary.cost = priced(&record);
                }
                Self::of(*record, info, summary)
            }
            Incoming::Span(span) => Self::of(span.record, span.info, span.summary),
        }
    }

    fn of(record: Record, info: CallInfo, mut summary: Summary) -> Self {
        let row = row(&record, &info, &summary);
        let usage = summary.usage.pop_first();
        let is_model_call = info.is_model_call();
        let inferred = || {
            usage
                .as_ref()
                .map(|_| operation_of(&record.op_name).to_owned())
        };
        let operation = info.operation.filter(|_| is_model_call).or_else(inferred);
        let model = info
            .response_model
            .or_else(|| info.request_model.clone())
            .or(usage.map(|(model, _)| model));
        Self {
            row,
            project: format!("{}/{}", record.stream.entity, record.stream.project),
            stream: record.stream.stream,
            op_name: record.op_name,
            thread: record.thread_id,
            user: record.wb_user_id,
            operation,
            provider: info.provider,
            model,
            request_model: info.request_model,
            cost_source: summary.cost.map(|cost| cost.source),
            attributes: leaves(record.attributes),
        }
    }

    pub(super) fn project(&self) -> &str {
        &self.project
    }

    /// Returns the row. `admit` returns the codes of an attribute that can be grouped by.
    pub(super) fn row(
        &self,
        dictionary: &mut Dictionary,
        mut admit: impl FnMut(&mut Dictionary, &str, &str) -> Option<(Code, Code)>,
    ) -> Row {
        let mut code = |text: &str| dictionary.intern(text);
        let mut row = Row {
            project: code(&self.project),
            stream: code(&self.stream),
            op_name: code(&self.op_name),
            thread: self.thread.as_deref().map(&mut code),
            user: self.user.as_deref().map(&mut code),
            operation: self.operation.as_deref().map(&mut code),
            provider: self.provider.as_deref().map(&mut code),
            model: self.model.as_deref().map(&mut code),
            request_model: self.request_model.as_deref().map(&mut code),
            cost_source: self.cost_source.as_deref().map(&mut code),
            ..self.row.clone()
        };
        let attributes = self.attributes.iter();
        row.attributes = attributes
            .filter_map(|(path, value)| admit(dictionary, path, value))
            .collect();
        row
    }
}

/// Returns what a row has besides texts.
fn row(record: &Record, info: &CallInfo, summary: &Summary) -> Row {
    let tokens = summary.usage.values().next();
    let count = |count: Option<u64>| count.and_then(|count| i64::try_from(count).ok());
    let is_estimate =
        |word: &str| UsageSource::from_word(word).is_some_and(UsageSource::is_estimate);
    let cost = summary.cost.as_ref();
    Row {
        project: 0,
        stream: 0,
        id: Id::new(&record.id),
        trace: Id::new(&record.trace_id),
        parent: record.parent_id.as_deref().map(Id::new),
        op_name: 0,
        thread: None,
        user: None,
        operation: None,
        provider: None,
        model: None,
        request_model: None,
        status: status(record, summary),
        outcome: info.outcome.as_deref().and_then(Outcome::from_word),
        streamed: info.streamed,
        usage_estimated: tokens.map(|_| info.usage_source.as_deref().is_some_and(is_estimate)),
        cost_source: None,
        started_at: record.started_at.as_nanos(),
        ended_at: record.ended_at.map(spanloom_core::Timestamp::as_nanos),
        first_chunk: summary.time_to_first_chunk_s.and_then(nanos),
        attempts: info.attempts,
        input_tokens: tokens.and_then(|usage| count(usage.prompt_tokens)),
        output_tokens: tokens.and_then(|usage| count(usage.completion_tokens)),
        cached_tokens: tokens.and_then(|usage| count(usage.cache_read_input_tokens)),
        reasoning_tokens: tokens.and_then(|usage| count(usage.reasoning_tokens)),
        cost: cost
            .and_then(|cost| Usd::from_dollars(cost.total_usd))
            .map(Usd::as_nanos),
        reported_below: false,
        attributes: Box::default(),
        frame: 0,
        slot: 0,
    }
}

/// Returns the cost of a record that states none, if all its models have a price.
fn priced(record: &Record) -> Option<CostSummary> {
    let models = record.priced_usage();
    let costs = models
        .iter()
        .map(|of_model| of_model.price?.cost(&of_model.usage));
    let costs: Vec<Cost> = costs.collect::<Option<_>>()?;
    let total: i64 = costs.iter().map(|cost| cost.total.as_nanos()).sum();
    costs.first().map(|first| CostSummary {
        total_usd: Usd::from_nanos(total).as_dollars(),
        source: first.source.as_str().to_owned(),
        ..CostSummary::default()
    })
}

/// Converts seconds to whole nanoseconds; returns `None` for a value that cannot be the duration of a call.
fn nanos(seconds: f64) -> Option<i64> {
    let time = Duration::try_from_secs_f64(seconds).ok()?;
    i64::try_from(time.as_nanos()).ok()
}

fn status(record: &Record, summary: &Summary) -> Status {
    match (record.ended_at, &record.exception, summary.status_code) {
        (None, _, _) => Status::Running,
        (_, Some(_), _) | (_, _, StatusCode::Error) => Status::Error,
        _ => Status::Success,
    }
}

/// Infers the operation of a call that names none from the op name, as Weave's integrations choose it.
fn operation_of(op_name: &str) -> &'static str {
    if op_name.contains("embedding") {
        "embeddings"
    } else {
        "chat"
    }
}

/// Returns the dotted path and the text of each leaf of a record's own attributes that can be grouped by.
fn leaves(attributes: Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in attributes {
        // The skipped groups hold what is known about the call and what Weave's clients record about themselves.
        if name != CallInfo::GROUP && name != "weave" && name != Record::STREAM {
            collect(name, value, &mut found);
        }
    }
    found
}

fn collect(path: String, value: Value, found: &mut Vec<(String, String)>) {
    if found.len() >= MOST_ATTRIBUTES || path.len() > LONGEST_VALUE {
        return;
    }
    let text = match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                collect([path.as_str(), ".", name.as_str()].concat(), field, found);
            }
            return;
        }
        Value::Null => return,
        Value::String(text) => text,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    };
    if text.len() <= LONGEST_VALUE {
        found.push((path, text));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_are_bounded() {
        let long = "ü".repeat(LONGEST_VALUE);
        let call = json!({
            "project_id": "e/p", "id": "1", "op_name": "f", "started_at": "2026-11-22T10:00:00Z",
            "attributes": {"a": long, long.as_str(): "b", "c": {"d": 1}}, "inputs": {},
        });
        let draft = Draft::new(serde_json::from_value::<Record>(call).unwrap().into());
        assert_eq!(draft.attributes, [("c.d".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn seconds_are_times_and_not_money() {
        assert_eq!(nanos(0.123_456_789), Some(123_456_789));
        assert_eq!(nanos(0.0), Some(0));
        // An amount of money this large does not exist.
        assert_eq!(nanos(86_400.0), Some(86_400_000_000_000));
        for none in [-0.5, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(nanos(none), None, "{none}");
        }
    }
}
