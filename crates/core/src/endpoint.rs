//! The endpoints of OpenAI's API that become GenAI spans.

/// An endpoint whose calls become GenAI spans. Requests to any other endpoint pass through untouched.
///
/// | endpoint | request | `gen_ai.operation.name` | `openai.api.type` |
/// |---|---|---|---|
/// | `ChatCompletions` | `POST …/chat/completions` | `chat` | `chat_completions` |
/// | `Responses` | `POST …/responses` | `chat` | `responses` |
/// | `FetchResponse` | `GET …/responses/{id}` | `fetch_response` | `responses` |
/// | `Completions` | `POST …/completions` | `text_completion` | |
/// | `Embeddings` | `POST …/embeddings` | `embeddings` | |
///
/// Azure's paths end the same way. Source: GenAI semantic conventions, `spans.yaml` with the refinements for OpenAI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Chat completions.
    ChatCompletions,
    /// The Responses API: creates a response.
    Responses,
    /// The Responses API: fetches an existing response. Nothing is generated and nothing is billed.
    FetchResponse,
    /// The legacy text completions.
    Completions,
    /// Embeddings.
    Embeddings,
}

/// Every endpoint.
const ALL: [Endpoint; 5] = [
    Endpoint::ChatCompletions,
    Endpoint::Responses,
    Endpoint::FetchResponse,
    Endpoint::Completions,
    Endpoint::Embeddings,
];

/// Path segments after `responses/` that are not the id of a response.
const NO_RESPONSE: [&str; 2] = ["compact", "input_tokens"];

impl Endpoint {
    /// Returns the endpoint of a request, from its upper-case method and its path without the query.
    #[must_use]
    pub fn of(method: &str, path: &str) -> Option<Self> {
        let mut ends = path.trim_end_matches('/').rsplit('/');
        let last = ends.next()?;
        let before = ends.next()?;
        match (method, before, last) {
            ("POST", "chat", "completions") => Some(Self::ChatCompletions),
            ("POST", _, "completions") => Some(Self::Completions),
            ("POST", _, "responses") => Some(Self::Responses),
            ("POST", _, "embeddings") => Some(Self::Embeddings),
            ("GET", "responses", id) if !NO_RESPONSE.contains(&id) => Some(Self::FetchResponse),
            _ => None,
        }
    }

    /// Returns the endpoint of a span, from its operation and its `openai.api.type`, or from the operation alone when
    /// no endpoint matches both.
    #[must_use]
    pub fn from_words(operation: &str, api_type: Option<&str>) -> Option<Self> {
        let of_operation = || {
            ALL.into_iter()
                .filter(|endpoint| endpoint.operation() == operation)
        };
        of_operation()
            .find(|endpoint| endpoint.api_type() == api_type)
            .or_else(|| of_operation().next())
    }

    /// Returns the value of `gen_ai.operation.name`.
    #[must_use]
    pub const fn operation(self) -> &'static str {
        self.words().0
    }

    /// Returns the value of `openai.api.type`, where the API has one.
    #[must_use]
    pub const fn api_type(self) -> Option<&'static str> {
        self.words().1
    }

    /// Returns the op name of a record, as in Weave's own integration.
    #[must_use]
    pub const fn op_name(self) -> &'static str {
        self.words().2
    }

    /// Returns whether the call runs a model, and so uses tokens and costs money.
    #[must_use]
    pub const fn is_inference(self) -> bool {
        !matches!(self, Self::FetchResponse)
    }

    const fn words(self) -> (&'static str, Option<&'static str>, &'static str) {
        match self {
            Self::ChatCompletions => (
                "chat",
                Some("chat_completions"),
                "openai.chat.completions.create",
            ),
            Self::Responses => ("chat", Some("responses"), "openai.responses.create"),
            Self::FetchResponse => (
                "fetch_response",
                Some("responses"),
                "openai.responses.retrieve",
            ),
            Self::Completions => ("text_completion", None, "openai.completions.create"),
            Self::Embeddings => ("embeddings", None, "openai.embeddings.create"),
        }
    }
}

/// The response to fetch and the position to start from, as given in the URL of [`Endpoint::FetchResponse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Id of the response, as it appears in the path.
    pub response_id: String,
    /// The value of `starting_after`: the last event of the stream that was received earlier.
    pub stream_cursor: Option<String>,
}

impl Fetch {
    /// Parses the path and query of a URL.
    #[must_use]
    pub fn of(path: &str, query: Option<&str>) -> Option<Self> {
        let id = path.trim_end_matches('/').rsplit('/').next()?;
        let cursor = query
            .unwrap_or_default()
            .split('&')
            .find_map(|pair| pair.strip_prefix("starting_after="))
            .filter(|cursor| !cursor.is_empty());
        Some(Self {
            response_id: id.to_owned(),
            stream_cursor: cursor.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_known_by_method_and_path() {
        for (method, path, endpoint) in [
            (
                "POST",
                "/v1/chat/completions",
                Some(Endpoint::ChatCompletions),
            ),
            (
                "POST",
                "/openai/deployments/my-gpt/chat/completions",
                Some(Endpoint::ChatCompletions),
            ),
            (
                "POST",
                "/openai/v1/chat/completions/",
                Some(Endpoint::ChatCompletions),
            ),
            ("POST", "/v1/responses", Some(Endpoint::Responses)),
            ("POST", "/openai/v1/responses", Some(Endpoint::Responses)),
            ("POST", "/v1/completions", Some(Endpoint::Completions)),
            (
                "POST",
                "/openai/deployments/d/completions",
                Some(Endpoint::Completions),
            ),
            ("POST", "/v1/embeddings", Some(Endpoint::Embeddings)),
            ("GET", "/v1/responses/resp_1", Some(Endpoint::FetchResponse)),
            ("GET", "/v1/responses", None),
            ("GET", "/v1/responses/resp_1/input_items", None),
            ("GET", "/v1/chat/completions", None),
            ("GET", "/v1/chat/completions/chatcmpl-1", None),
            ("DELETE", "/v1/responses/resp_1", None),
            ("POST", "/v1/responses/resp_1/cancel", None),
            ("POST", "/v1/responses/compact", None),
            ("POST", "/v1/responses/input_tokens", None),
            ("POST", "/v1/audio/transcriptions", None),
            ("POST", "/v1/mycompletions", None),
            ("POST", "", None),
        ] {
            assert_eq!(Endpoint::of(method, path), endpoint, "{method} {path}");
        }
    }

    #[test]
    fn every_endpoint_is_found_again_by_its_words() {
        for endpoint in ALL {
            let found = Endpoint::from_words(endpoint.operation(), endpoint.api_type());
            assert_eq!(found, Some(endpoint));
        }
        assert_eq!(
            Endpoint::from_words("chat", None),
            Some(Endpoint::ChatCompletions)
        );
        assert_eq!(Endpoint::from_words("execute_tool", None), None);
    }

    #[test]
    fn a_fetch_says_what_and_from_where() {
        let fetch = Fetch::of(
            "/v1/responses/resp_1",
            Some("stream=true&starting_after=42"),
        );
        let fetch = fetch.unwrap();
        assert_eq!(
            (fetch.response_id.as_str(), fetch.stream_cursor.as_deref()),
            ("resp_1", Some("42"))
        );
        let whole = Fetch::of("/v1/responses/resp_1/", None).unwrap();
        assert_eq!(
            (whole.response_id.as_str(), whole.stream_cursor),
            ("resp_1", None)
        );
    }
}
