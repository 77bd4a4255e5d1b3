//! One observed call, as the recorder understood it.

use std::time::Duration;

use crate::{Cost, Endpoint, Fetch, PromptCache, Timestamp, Usage};

/// One logical call to a model: all attempts, up to the last byte of the answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// The endpoint of the request, which determines the kind of call.
    pub endpoint: Endpoint,
    /// The value of `gen_ai.provider.name`, such as `openai`.
    pub provider: String,
    /// Host of the request.
    pub server_address: String,
    /// Port of the request, 1 to 65,535.
    pub server_port: Option<u16>,
    /// The parameters the caller sent.
    pub request: Request,
    /// The fields of the provider's answer; empty when no answer arrived.
    pub response: Response,
    /// Token counts, reported or estimated.
    pub usage: Usage,
    /// Cost, when the model's price is known.
    pub cost: Option<Cost>,
    /// How the call ended.
    pub outcome: Outcome,
    /// Why the call failed, for [`Outcome::Error`].
    pub failure: Option<Failure>,
    /// The number of HTTP requests made, including retries; at least 1.
    pub attempts: u32,
    /// When the first attempt was built.
    pub started_at: Timestamp,
    /// When the last byte arrived, the caller gave up, the error was known, or the recording ended.
    pub ended_at: Timestamp,
    /// The time from the start to the first bytes of a streamed answer.
    pub time_to_first_chunk: Option<Duration>,
}

impl Call {
    /// Returns the names of the model: the provider's, then the caller's.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        [&self.response.model, &self.request.model]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// Returns the service tier the call ran in, else the requested tier.
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
    /// All outcomes; stores persist an outcome as its index in this array.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Cancelled, Self::Error, Self::Unknown];

    /// Parses the word used on the wire.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
    }

    /// Returns the word used on the wire.
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
    /// Value of `error.type`: the provider's error code, an HTTP status, or a word such as `timeout`. Low cardinality.
    pub kind: String,
    /// The provider's message; never a header, never a URL.
    pub message: String,
}

/// The parameters of a request; a field is absent when the request does not specify it.
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
    /// The value of `gen_ai.output.type`: `text`, `json`, …
    pub output_type: Option<&'static str>,
    pub encoding_format: Option<String>,
    pub dimensions: Option<i64>,
    pub previous_response_id: Option<String>,
    /// The provider's conversation object that the call belongs to.
    pub conversation_id: Option<String>,
    /// The prompt stored at the provider (`prompt.id`), and its version.
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    /// The response whose cached prompt this one is compared with (`prompt_cache_options.comparison_response_id`).
    pub comparison_response_id: Option<String>,
    /// Whether the request contains a compacted conversation.
    pub compacted: bool,
    /// The response to fetch, for [`Endpoint::FetchResponse`].
    pub fetch: Option<Fetch>,
}

/// The provider's metadata about its answer.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    missing_docs,
    reason = "the fields carry the names of the provider's response"
)]
pub struct Response {
    pub id: Option<String>,
    pub model: Option<String>,
    /// As the provider reported them, one per choice. The Responses API reports none: the status and the tool calls of
    /// a response determine one, in the convention's words.
    pub finish_reasons: Vec<String>,
    /// The `status` of a Responses API response: `queued`, `in_progress`, `completed`, …
    pub status: Option<String>,
    /// Whether the answer contains a conversation that the provider compacted.
    pub compacted: bool,
    pub service_tier: Option<String>,
    pub system_fingerprint: Option<String>,
    /// The reuse of a cached prompt, if the provider states it.
    pub prompt_cache: Option<PromptCache>,
}
