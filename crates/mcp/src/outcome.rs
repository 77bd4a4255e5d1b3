//! The end of a request.

use std::borrow::Cow;

use opentelemetry::KeyValue;
use rmcp::model::{CallToolResponse, CallToolResult, ErrorCode, ErrorData};
use rmcp::service::ServiceError;
use spanloom_core::semconv as names;

/// The end of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'a> {
    /// An answer, with the result of a tool.
    Answer { result: Option<&'a CallToolResult> },
    /// An error of the protocol.
    Refused(&'a ErrorData),
    /// An error of the client or the transport.
    Failed(&'a ServiceError),
}

/// The failure of a request.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The value of `error.type`.
    pub(crate) kind: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
    code: Option<ErrorCode>,
}

/// Returns the result of a tool in an answer.
pub(crate) type ToolResult<T> = fn(&T) -> Option<&CallToolResult>;

/// Returns the result in a client's answer.
pub(crate) fn of_tool(result: &CallToolResult) -> Option<&CallToolResult> {
    Some(result)
}

/// Returns the result in a server's answer, unless the tool goes on.
pub(crate) fn of_response(response: &CallToolResponse) -> Option<&CallToolResult> {
    match response {
        CallToolResponse::Complete(result) => Some(result),
        _ => None,
    }
}

impl<'a> Outcome<'a> {
    /// Returns the outcome of a request that a client sent; `result` is the tool's in an answer.
    pub(crate) fn sent<T>(answer: &'a Result<T, ServiceError>, result: ToolResult<T>) -> Self {
        match answer {
            Ok(answer) => Self::Answer {
                result: result(answer),
            },
            Err(ServiceError::McpError(error)) => Self::Refused(error),
            Err(error) => Self::Failed(error),
        }
    }

    /// Returns the outcome of a request that a server got.
    pub(crate) fn received<T>(answer: &'a Result<T, ErrorData>, result: ToolResult<T>) -> Self {
        match answer {
            Ok(answer) => Self::Answer {
                result: result(answer),
            },
            Err(error) => Self::Refused(error),
        }
    }

    /// Returns the result of a tool.
    pub(crate) fn result(self) -> Option<&'a CallToolResult> {
        match self {
            Self::Answer { result } => result,
            _ => None,
        }
    }

    /// Returns the failure, if it is one. The message about invalid parameters quotes them, so it is content.
    pub(crate) fn failure(self, with_content: bool) -> Option<Failure> {
        match self {
            Self::Answer { result } => {
                let failed = result.is_some_and(|result| result.is_error == Some(true));
                failed.then(|| Failure {
                    kind: "tool_error".into(),
                    message: "the tool reported an error".into(),
                    code: None,
                })
            }
            Self::Refused(error) => Some(Failure {
                kind: error.code.0.to_string().into(),
                message: match error.code {
                    ErrorCode::INVALID_PARAMS if !with_content => "invalid parameters".into(),
                    _ => error.message.clone(),
                },
                code: Some(error.code),
            }),
            Self::Failed(error) => Some(Failure {
                kind: word(error).into(),
                message: error.to_string().into(),
                code: None,
            }),
        }
    }
}

impl Failure {
    /// Returns a failure that is a word.
    pub(crate) fn of_word(kind: Cow<'static, str>) -> Self {
        Self {
            kind,
            message: Cow::Borrowed(""),
            code: None,
        }
    }

    /// Returns the attributes of the metric. Of codes only those that the protocol reserves: the peer may send any number.
    pub(crate) fn of_metric(&self) -> Vec<KeyValue> {
        let is_reserved = |code: ErrorCode| (-32_700..=-32_000).contains(&code.0);
        match self.code {
            Some(code) if !is_reserved(code) => vec![KeyValue::new(names::ERROR_TYPE, "_OTHER")],
            _ => {
                let kind = KeyValue::new(names::ERROR_TYPE, self.kind.clone());
                [kind].into_iter().chain(self.status_code()).collect()
            }
        }
    }

    /// Returns `rpc.response.status_code`, if the answer had a code.
    pub(crate) fn status_code(&self) -> Option<KeyValue> {
        let code = self.code?.0.to_string();
        Some(KeyValue::new(names::RPC_RESPONSE_STATUS_CODE, code))
    }

    /// Returns whether the peer asked for something that there may not be.
    pub(crate) fn is_unknown_name(&self) -> bool {
        let codes = [
            ErrorCode::INVALID_PARAMS,
            ErrorCode::METHOD_NOT_FOUND,
            ErrorCode::RESOURCE_NOT_FOUND,
        ];
        self.code.is_some_and(|code| codes.contains(&code))
    }
}

/// Returns the word for an error without a code: few words, as `error.type` asks.
fn word(error: &ServiceError) -> &'static str {
    match error {
        ServiceError::TransportSend(_) => "transport_send",
        ServiceError::TransportClosed => "transport_closed",
        ServiceError::UnexpectedResponse => "unexpected_response",
        ServiceError::Cancelled { .. } => "cancelled",
        ServiceError::Timeout { .. } => "timeout",
        _ => "_OTHER",
    }
}
