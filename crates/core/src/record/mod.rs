//! The record: the form that one call takes in `entity/project/stream`.
//!
//! Field names follow W&B Weave's call, so that Weave, this project's server and Weave's own clients read the same
//! JSON. On the wire ([`wire`]) entity and project are sent as `project_id`, and the stream, which is unknown to Weave,
//! as the attribute `stream`.

mod hosted;
mod info;
mod json;
mod parts;
mod priced;
mod summary;
mod wire;

pub use info::CallInfo;
pub use json::Json;
pub use parts::CallPart;
pub use priced::PricedUsage;
use serde::Serialize;
use serde_json::{Map, Value};
pub use summary::{CostSummary, StatusCode, Summary, UsageSummary};

pub(crate) use wire::Wire;

use crate::{StreamName, Timestamp};

/// One call, complete or still open.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The stream that the record belongs to.
    pub stream: StreamName,
    /// Identity: the span id in hex (16 digits) for spans, a UUID for Weave clients.
    pub id: String,
    /// The trace: 32 hex digits for spans, a UUID for Weave clients.
    pub trace_id: String,
    /// The id of the enclosing call.
    pub parent_id: Option<String>,
    /// The operation that was called, such as `openai.chat.completions.create`.
    pub op_name: String,
    /// The operation's name for people, such as `chat gpt-4o-mini`.
    pub display_name: Option<String>,
    /// The time at which the call began.
    pub started_at: Timestamp,
    /// The time at which the call ended; `None` while it runs.
    pub ended_at: Option<Timestamp>,
    /// The request in the provider's own shape; `{}` when content is not recorded.
    pub inputs: Json,
    /// The answer in the provider's own shape, with streams assembled.
    pub output: Option<Json>,
    /// The monitor attributes at the root; details of the call in the groups `spanloom` ([`CallInfo`]) and `otel`.
    pub attributes: Map<String, Value>,
    /// Usage, latency, cost and status; see [`Summary`].
    pub summary: Map<String, Value>,
    /// Type and message of the error.
    pub exception: Option<String>,
    /// The conversation that the call belongs to.
    pub thread_id: Option<String>,
    /// The turn of that conversation.
    pub turn_id: Option<String>,
    /// The end user.
    pub wb_user_id: Option<String>,
    /// The W&B run in which the call was made.
    pub run: Option<Run>,
}

/// A W&B run, and its steps during a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The run, as `entity/project/id`.
    pub id: Option<String>,
    /// The step at the call's start, ≥ 0.
    pub step: Option<i64>,
    /// The step at the call's end, ≥ 0.
    pub step_end: Option<i64>,
}

impl Record {
    /// The stream of records that do not name one.
    pub const DEFAULT_STREAM: &str = "calls";
    /// The group for attributes without another place, each under its own dotted name.
    pub const OTHERS: &str = "otel";
    /// The attribute that names the record's stream.
    pub const STREAM: &str = "stream";
    /// Reserved names among a record's attributes. A user's key with such a name gets an underscore, so that neither is
    /// lost nor mistaken for the other.
    pub const RESERVED: [&str; 3] = [CallInfo::GROUP, Self::OTHERS, Self::STREAM];

    /// Returns the record as JSON text, with its content copied unchanged.
    ///
    /// # Errors
    /// No error is known: every part of a record is JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.json_of(self)
    }

    /// Returns a form of this record as JSON text.
    pub(crate) fn json_of(&self, form: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
        /// The typical size of everything around the content.
        const AROUND: usize = 2 << 10;
        let output = self
            .output
            .as_ref()
            .map_or(0, |output| output.as_str().len());
        let content = self.inputs.as_str().len() + output;
        // Large enough at once: growing step by step would copy everything at each step.
        let mut text = Vec::with_capacity(content + AROUND);
        serde_json::to_writer(&mut text, form)?;
        Ok(text)
    }

    /// Returns what is known about the model call; empty for other spans.
    #[must_use]
    pub fn info(&self) -> CallInfo {
        CallInfo::of(&self.attributes)
    }

    /// Replaces what is known about the model call.
    pub fn set_info(&mut self, info: &CallInfo) {
        if let Ok(info @ Value::Object(_)) = serde_json::to_value(info) {
            self.attributes.insert(CallInfo::GROUP.to_owned(), info);
        }
    }
}
