//! One observed call, as the recorder understood it.

use std::time::Duration;

use crate::{Cost, Endpoint, Fetch, Timestamp, Usage};

/// One logical call to a model: all attempts, up to the last byte of the answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where the request went, and so what was asked for.
    pub endpoint: Endpoint,
    /// `gen_ai.provider.name`: who answered, such as `openai`.
    pub provider: String,
    /// Host of the request.
    pub server_address: String,
    /// Port of the request, 1 to 65,535.
    pub server_port: Option<u16>,
    /// What the caller sent.
    pub request: Request,
    /// What came back; empty when nothing did.
    pub response: Response,
    /// Tokens, reported or estimated.
    pub usage: Usage,
    /// Cost, when the model's price is known.
    pub cost: Option<Cost>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed, for [`Outcome::Error`].
    pub failure: Option<Failure>,
    /// HTTP requests made, retries included, ≥ 1.
    pub attempts: u32,
    /// When the first attempt was built.
    pub started_at: Timestamp,
    /// When the last byte arrived, the caller gave up, the error was known, or the recording ended.
    pub ended_at: Timestamp,
    /// From the start to the first bytes of a streamed answer.
    pub time_to_first_chunk: Option<Duration>,
}

impl Call {
    /// The names its model goes by: the provider's, then the caller's.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        [&self.response.model, &self.request.model]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// The service tier it ran in, else the one it asked for.
    #[must_use]
    pub fn service_tier(&self) -> Option<&str> {
        let tier = self.response.service_tier.as_deref();
        tier.or(self.request.service_tier.as_deref())
    }
}

/// How a call ended. Source: the wire attribute `spanloom.outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The whole answer arrived.
    Completed,
    /// The caller dropped the call or its stream before the end.
    Cancelled,
    /// The provider or the connection failed.
    Error,
    /// The recording ended before the call did.
    Unknown,
}

impl Outcome {
    /// All of them; stores keep their places here as numbers.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Cancelled, Self::Error, Self::Unknown];

    /// The outcome a wire word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
    }

    /// The word used on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Value of `error.type`: the provider's error code, an HTTP status, or a word such as `timeout`. Few distinct values.
    pub kind: String,
    /// The provider's message; never a header, never a URL.
    pub message: String,
}

/// What the caller asked for; every field is absent when the request did not say it.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    missing_docs,
    reason = "the fields carry the names of the provider's request"
)]
pub struct Request {
    pub model: Option<String>,
    pub stream: bool,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub frequency_penalty: Option<f64>,
    pub presence_penalty: Option<f64>,
    pub max_tokens: Option<i64>,
    pub seed: Option<i64>,
    pub choice_count: Option<i64>,
    pub stop_sequences: Vec<String>,
    pub reasoning_level: Option<String>,
    pub service_tier: Option<String>,
    /// `text`, `json`, … as `gen_ai.output.type` has it.
    pub output_type: Option<&'static str>,
    pub encoding_format: Option<String>,
    pub dimensions: Option<i64>,
    pub previous_response_id: Option<String>,
    /// The provider's own conversation object the call belongs to.
    pub conversation_id: Option<String>,
    /// A prompt that is kept at the provider (`prompt.id`), and its version.
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    /// Whether what was sent holds a compacted conversation.
    pub compacted: bool,
    /// For [`Endpoint::FetchResponse`]: what is fetched.
    pub fetch: Option<Fetch>,
}

/// What the provider said about its answer.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    missing_docs,
    reason = "the fields carry the names of the provider's response"
)]
pub struct Response {
    pub id: Option<String>,
    pub model: Option<String>,
    /// As the provider gave them, by choice. A response of the Responses API has none of its own: its status and what it
    /// asks for make one, in the convention's words.
    pub finish_reasons: Vec<String>,
    /// `status` of a response of the Responses API: `queued`, `in_progress`, `completed`, …
    pub status: Option<String>,
    /// Whether the answer holds a conversation the provider compacted.
    pub compacted: bool,
    pub service_tier: Option<String>,
    pub system_fingerprint: Option<String>,
}
