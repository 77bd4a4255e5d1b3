//! The record: what one call becomes in `entity/project/stream`.
//!
//! Field names follow W&B Weave's call, so that the same JSON is read by Weave, by this project's server and by
//! Weave's own clients. On the wire ([`wire`]) entity and project travel as `project_id`, and the stream, which Weave
//! does not know, as the attribute `stream`.

mod hosted;
mod info;
mod json;
mod parts;
mod summary;
mod wire;

pub use info::CallInfo;
pub use json::Json;
pub use parts::CallPart;
use serde_json::{Map, Value};
pub use summary::{CostSummary, StatusCode, Summary, UsageSummary};

use crate::{StreamName, Timestamp};

/// One call, complete or still open.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Where the record belongs.
    pub stream: StreamName,
    /// Identity: the span id in hex (16 digits) for spans, a UUID for Weave clients.
    pub id: String,
    /// The trace: 32 hex digits for spans, a UUID for Weave clients.
    pub trace_id: String,
    /// The call this one was made in.
    pub parent_id: Option<String>,
    /// What was called, such as `openai.chat.completions.create`.
    pub op_name: String,
    /// The same for people, such as `chat gpt-4o-mini`.
    pub display_name: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs.
    pub ended_at: Option<Timestamp>,
    /// The request in the provider's own shape; `{}` when content is not recorded.
    pub inputs: Json,
    /// The answer in the provider's own shape, streams assembled.
    pub output: Option<Json>,
    /// Monitor attributes at the root; what is known about the call in the groups `spanloom` ([`CallInfo`]) and `otel`.
    pub attributes: Map<String, Value>,
    /// Usage, latency, cost and status; see [`Summary`].
    pub summary: Map<String, Value>,
    /// Type and message of the error.
    pub exception: Option<String>,
    /// Conversation the call belongs to.
    pub thread_id: Option<String>,
    /// Turn of that conversation.
    pub turn_id: Option<String>,
    /// End user.
    pub wb_user_id: Option<String>,
}

impl Record {
    /// Name of the stream of records that name none.
    pub const DEFAULT_STREAM: &str = "calls";
    /// The group of a record's attributes that have no other place, each under its own dotted name.
    pub const OTHERS: &str = "otel";
    /// The attribute that says which stream the record is of.
    pub const STREAM: &str = "stream";
    /// Names among a record's attributes that are ours. A key of the user's with such a name gets an underscore, so that
    /// neither is lost nor taken for the other.
    pub const RESERVED: [&str; 3] = [CallInfo::GROUP, Self::OTHERS, Self::STREAM];

    /// The record as JSON text, its content copied as it stands.
    ///
    /// # Errors
    /// None that is known: every part of a record is JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        /// What stands around the content, mostly.
        const AROUND: usize = 2 << 10;
        let output = self
            .output
            .as_ref()
            .map_or(0, |output| output.as_str().len());
        let content = self.inputs.as_str().len() + output;
        // Made large enough at once: growing step by step copies everything at each.
        let mut text = Vec::with_capacity(content + AROUND);
        serde_json::to_writer(&mut text, self)?;
        Ok(text)
    }

    /// What is known about the model call; empty for other spans.
    #[must_use]
    pub fn info(&self) -> CallInfo {
        CallInfo::of(&self.attributes)
    }
}
