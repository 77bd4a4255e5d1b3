//! Errors of the client library, as `error.type` and message.

use std::error::Error as _;

use async_openai::error::OpenAIError;
use spanloom_core::Failure;

/// Converts the error that ended a call. The message never contains a URL, which may carry a key.
pub(super) fn of_client(error: &OpenAIError) -> Failure {
    match error {
        OpenAIError::Reqwest(error) => of_transport(error),
        OpenAIError::ApiError(response) => {
            let error = &response.api_error;
            let kind = error
                .code
                .clone()
                .or_else(|| error.r#type.clone())
                .filter(|kind| !kind.is_empty());
            Failure {
                kind: kind.unwrap_or_else(|| response.status_code.as_u16().to_string()),
                message: error.message.clone(),
            }
        }
        OpenAIError::JSONDeserialize(error, _) => failure("invalid_response", error),
        OpenAIError::StreamError(error) => failure("stream_error", error),
        OpenAIError::InvalidArgument(message) => Failure {
            kind: "invalid_argument".to_owned(),
            message: message.clone(),
        },
        OpenAIError::Boxed(error) => layer_attributes(&**error),
        OpenAIError::FileSaveError(message) | OpenAIError::FileReadError(message) => Failure {
            kind: "file_error".to_owned(),
            message: message.clone(),
        },
    }
}

/// Converts an error of the HTTP client.
pub(super) fn of_transport(error: &reqwest::Error) -> Failure {
    let kind = [
        (error.is_timeout(), "timeout"),
        (error.is_connect(), "connection_error"),
        (error.is_body() || error.is_decode(), "body_error"),
        (error.is_request(), "request_error"),
    ];
    let kind = kind
        .into_iter()
        .find_map(|(is, kind)| is.then_some(kind))
        .unwrap_or("_OTHER");
    // reqwest prints the URL only in its own entry of the error chain; the causes below do not contain it.
    let mut message = kind.replace('_', " ");
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    Failure {
        kind: kind.to_owned(),
        message,
    }
}

fn layer_attributes(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Failure {
    if let Some(error) = error.downcast_ref::<OpenAIError>() {
        return of_client(error);
    }
    let message = error.to_string();
    let kind = if message.contains("timed out") {
        "timeout"
    } else {
        "_OTHER"
    };
    Failure {
        kind: kind.to_owned(),
        message,
    }
}

fn failure(kind: &str, error: &impl std::fmt::Display) -> Failure {
    Failure {
        kind: kind.to_owned(),
        message: error.to_string(),
    }
}
