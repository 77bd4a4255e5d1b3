//! An optional plain HTTP client span for calls to endpoints that are not model calls.
//!
//! Only method, address and status of the request and the answer are read. Source: OpenTelemetry semantic conventions
//! 1.43, HTTP client span.

use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _};
use opentelemetry::{Context, KeyValue, global::BoxedSpan};
use reqwest::{Request, Response, Url};
use spanloom_core::{secret, semconv as names};

use async_openai::error::OpenAIError;

use super::config::Config;
use super::failure;

/// A span that ends with the answer's head, or when the call is abandoned.
pub(super) struct HttpSpan(BoxedSpan);

impl HttpSpan {
    pub(super) fn start(config: &Config, request: &Request, parent: &Context) -> Self {
        let method = request.method().as_str();
        let url = request.url();
        let mut attributes = vec![KeyValue::new(names::HTTP_REQUEST_METHOD, method.to_owned())];
        let host = url.host_str().map(str::to_owned);
        attributes.extend(host.map(|host| KeyValue::new(names::SERVER_ADDRESS, host)));
        let port = url.port_or_known_default().map(i64::from);
        attributes.extend(port.map(|port| KeyValue::new(names::SERVER_PORT, port)));
        attributes.push(KeyValue::new(names::URL_FULL, shown(url)));
        let builder = config
            .tracer
            .span_builder(method.to_owned())
            .with_kind(SpanKind::Client)
            .with_attributes(attributes);
        Self(config.tracer.build_with_context(builder, parent))
    }

    pub(super) fn end(mut self, answer: &Result<Response, OpenAIError>) {
        let failed = match answer {
            Ok(response) => {
                let status = response.status();
                self.0.set_attribute(KeyValue::new(
                    names::HTTP_RESPONSE_STATUS_CODE,
                    i64::from(status.as_u16()),
                ));
                let refused = status.is_client_error() || status.is_server_error();
                refused.then(|| status.as_u16().to_string())
            }
            Err(error) => Some(failure::of_client(error).kind),
        };
        if let Some(kind) = failed {
            self.0.set_attribute(KeyValue::new(names::ERROR_TYPE, kind));
            self.0.set_status(Status::error(""));
        }
        self.0.end();
    }
}

/// Returns an address without what may be secret or the user's: credentials, query, fragment, and known secrets in it.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // These fail for an address without a host, which has neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    secret::mask_owned(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_secrets() {
        let key = ["sk-proj-", "abcdefghijklmnop0123456789"].concat();
        for (url, expected) in [
            (
                "https://api.example/v1/models?limit=2#top",
                "https://api.example/v1/models",
            ),
            (
                "https://ann:pw@api.example:8443/v1",
                "https://api.example:8443/v1",
            ),
            (
                &format!("https://api.example/{key}/files"),
                "https://api.example/[redacted:api_key]/files",
            ),
        ] {
            assert_eq!(shown(&Url::parse(url).unwrap()), expected);
        }
    }
}
