//! Errors in OpenAI's format.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit-requests");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining-requests");

/// One error answer: `{"error":{"message","type","param","code"}}` with its status.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: StatusCode,
    message: String,
    kind: &'static str,
    param: Option<String>,
    code: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            kind,
            param: None,
            code: None,
            headers: Vec::new(),
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    pub(super) fn missing(param: &str) -> Self {
        let problem = Self::bad_request(format!("Missing required parameter: '{param}'."));
        problem
            .with_param(param)
            .with_code("missing_required_parameter")
    }

    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            503 => Self::new(
                status,
                "server_error",
                "The engine is currently overloaded, please try again later",
            ),
            500.. => Self::new(
                status,
                "server_error",
                "The server had an error while processing your request. Sorry about that!",
            ),
            _ => Self::new(
                status,
                "invalid_request_error",
                status.canonical_reason().unwrap_or("Request failed"),
            ),
        }
    }

    pub(super) fn rate_limited(model: &str, retry_after: Option<Duration>) -> Self {
        let hint = retry_after
            .map(|wait| format!(" Please try again in {}ms.", wait.as_millis()))
            .unwrap_or_default();
        let message = format!(
            "Rate limit reached for {model} in organization org-spanloom on requests per min (RPM): Limit 500, Used \
             500, Requested 1.{hint} Visit https://platform.openai.com/account/rate-limits to learn more."
        );
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "requests", message)
            .with_code("rate_limit_exceeded");
        problem.headers = vec![
            (LIMIT, HeaderValue::from(500)),
            (REMAINING, HeaderValue::from(0)),
        ];
        if let Some(wait) = retry_after {
            // Whole seconds, rounded up: a client that reads only those must not retry too early.
            let seconds =
                u64::try_from(wait.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u64::MAX);
            let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            problem
                .headers
                .push((RETRY_AFTER, HeaderValue::from(seconds)));
            problem
                .headers
                .push((RETRY_AFTER_MS, HeaderValue::from(millis)));
        }
        problem
    }

    pub(super) fn insufficient_quota() -> Self {
        let message = "You exceeded your current quota, please check your plan and billing details. For more \
                       information on this error, read the docs: \
                       https://platform.openai.com/docs/guides/error-codes/api-errors.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", message)
            .with_code("insufficient_quota")
    }

    pub(super) fn context_length(limit: usize, tokens: usize) -> Self {
        let message = format!(
            "This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} \
             tokens. Please reduce the length of the messages."
        );
        Self::bad_request(message)
            .with_param("messages")
            .with_code("context_length_exceeded")
    }

    /// Returns the error for a missing or wrong key; never repeats the key, not even a wrong one.
    pub(super) fn wrong_key(is_missing: bool) -> Self {
        let message = match is_missing {
            true => {
                "You didn't provide an API key. You need to provide it in an Authorization header using Bearer auth."
            }
            false => {
                "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys."
            }
        };
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
            .with_code("invalid_api_key")
    }

    pub(super) fn unknown_path(method: &str, path: &str) -> Self {
        let message = format!("Invalid URL ({method} {path})");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message)
    }

    pub(super) fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(super) fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let Self {
            message,
            kind,
            param,
            code,
            ..
        } = self;
        json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json().to_string()));
        *response.status_mut() = self.status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().extend(self.headers);
        response
    }
}
