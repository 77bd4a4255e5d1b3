//! The narrow row of a call: the numbers that filters, sums and sorts need.

use std::time::Duration;

use serde_json::{Map, Value};
use spanloom_core::{CallInfo, Outcome, Record, StatusCode, Summary, UsageSource, Usd};

use super::id::Id;
use super::{Code, Dictionary};

/// The maximum number of attributes of a call that can be grouped by.
const MOST_ATTRIBUTES: usize = 128;
/// The longest attribute value that can be grouped by, in bytes; longer values are stored in the payload only.
const LONGEST_VALUE: usize = 2_048;

/// The part of a call that the board's questions need. Texts are codes of the store's dictionary.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) project: Code,
    pub(crate) stream: Code,
    pub(crate) id: Id,
    pub(crate) trace: Id,
    pub(crate) parent: Option<Id>,
    pub(crate) op_name: Code,
    pub(crate) thread: Option<Code>,
    pub(crate) user: Option<Code>,
    /// `None` for a span that is not a call to a model.
    pub(crate) operation: Option<Code>,
    pub(crate) provider: Option<Code>,
    pub(crate) model: Option<Code>,
    pub(crate) request_model: Option<Code>,
    pub(crate) status: Status,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) streamed: bool,
    pub(crate) usage_estimated: Option<bool>,
    pub(crate) cost_source: Option<Code>,
    /// Nanoseconds since the epoch.
    pub(crate) started_at: i64,
    pub(crate) ended_at: Option<i64>,
    /// Nanoseconds.
    pub(crate) first_chunk: Option<i64>,
    pub(crate) attempts: Option<i64>,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    pub(crate) cached_tokens: Option<i64>,
    pub(crate) reasoning_tokens: Option<i64>,
    /// Nano-dollars.
    pub(crate) cost: Option<i64>,
    /// Whether a span below this one reports tokens. Not stored: it follows from the other rows.
    pub(crate) reported_below: bool,
    /// Path and value of each attribute.
    pub(crate) attributes: Box<[(Code, Code)]>,
    /// The location of the payload.
    pub(crate) frame: i64,
    pub(crate) slot: i64,
}

/// Status of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    Error,
    Running,
}

impl Status {
    const ALL: [Self; 3] = [Self::Success, Self::Error, Self::Running];

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Returns the number that the status is stored as.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    pub(crate) fn of(number: u8) -> Self {
        Self::ALL
            .get(usize::from(number))
            .copied()
            .unwrap_or(Self::Success)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Running => "running",
        }
    }
}

impl Row {
    /// Builds the row of a record. The writer adds the attributes and the location of the payload.
    pub(crate) fn of(record: &Record, dictionary: &mut Dictionary) -> Self {
        let info = record.info();
        let summary = Summary::from_map(&record.summary);
        let usage = summary.usage.iter().next();
        let tokens = usage.map(|(_, usage)| usage);
        let count = |count: Option<u64>| count.and_then(|count| i64::try_from(count).ok());
        let model = info
            .model()
            .or(usage.map(|(model, _)| model.as_str()))
            .map(str::to_owned);
        let mut code = |text: &str| dictionary.intern(text);
        let operation = info
            .operation
            .clone()
            .filter(|_| info.is_model_call())
            .or_else(|| tokens.map(|_| operation_of(&record.op_name).to_owned()));
        Self {
            project: code(&format!(
                "{}/{}",
                record.stream.entity, record.stream.project
            )),
            stream: code(&record.stream.stream),
            id: Id::new(&record.id),
            trace: Id::new(&record.trace_id),
            parent: record.parent_id.as_deref().map(Id::new),
            op_name: code(&record.op_name),
            thread: record.thread_id.as_deref().map(&mut code),
            user: record.wb_user_id.as_deref().map(&mut code),
            operation: operation.as_deref().map(&mut code),
            provider: info.provider.as_deref().map(&mut code),
            model: model.as_deref().map(&mut code),
            request_model: info.request_model.as_deref().map(&mut code),
            status: status(record, &summary),
            outcome: info.outcome.as_deref().and_then(Outcome::from_word),
            streamed: info.streamed,
            usage_estimated: tokens.map(|_| {
                let source = info.usage_source.as_deref();
                source
                    .and_then(UsageSource::from_word)
                    .is_some_and(UsageSource::is_estimate)
            }),
            cost_source: summary.cost.as_ref().map(|cost| code(&cost.source)),
            started_at: record.started_at.as_nanos(),
            ended_at: record.ended_at.map(spanloom_core::Timestamp::as_nanos),
            first_chunk: summary.time_to_first_chunk_s.and_then(nanos),
            attempts: info.attempts,
            input_tokens: tokens.and_then(|usage| count(usage.prompt_tokens)),
            output_tokens: tokens.and_then(|usage| count(usage.completion_tokens)),
            cached_tokens: tokens.and_then(|usage| count(usage.cache_read_input_tokens)),
            reasoning_tokens: tokens.and_then(|usage| count(usage.reasoning_tokens)),
            cost: summary
                .cost
                .as_ref()
                .and_then(|cost| Usd::from_dollars(cost.total_usd))
                .map(Usd::as_nanos),
            reported_below: false,
            attributes: Box::default(),
            frame: 0,
            slot: 0,
        }
    }

    /// Returns the nanoseconds from start to end.
    pub(crate) fn latency(&self) -> Option<i64> {
        self.ended_at
            .map(|end| end.saturating_sub(self.started_at).max(0))
    }

    pub(crate) fn total_tokens(&self) -> Option<i64> {
        match (self.input_tokens, self.output_tokens) {
            (None, None) => None,
            (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
        }
    }

    /// Returns whether the span was still open at a time, in nanoseconds since the epoch.
    pub(crate) fn is_around(&self, time: i64) -> bool {
        self.ended_at.is_none_or(|end| end > time)
    }

    /// Returns whether the call counts in sums. A span that reports tokens which spans below it report as well is the
    /// same calls again.
    pub(crate) fn counts(&self) -> bool {
        !self.reported_below || self.total_tokens().is_none()
    }

    pub(crate) fn attribute(&self, path: Code) -> Option<Code> {
        self.attributes
            .iter()
            .find_map(|(of, value)| (*of == path).then_some(*value))
    }
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
pub(super) fn leaves(attributes: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in attributes {
        // The skipped groups hold what is known about the call and what Weave's clients record about themselves.
        if name != CallInfo::GROUP && name != "weave" && name != Record::STREAM {
            collect(name.clone(), value, &mut found);
        }
    }
    found
}

fn collect(path: String, value: &Value, found: &mut Vec<(String, String)>) {
    if found.len() >= MOST_ATTRIBUTES {
        return;
    }
    let text = match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                collect(format!("{path}.{name}"), field, found);
            }
            return;
        }
        Value::Null => return,
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    };
    if text.len() <= LONGEST_VALUE {
        found.push((path, text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
