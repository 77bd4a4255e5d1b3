//! One request through a tower service, in the way async-openai's client makes it, and the result for its caller.

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method, Request, Response};
use serde_json::Value;
use tower::Service;

/// A request to any endpoint of a model server.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) method: Method,
    /// The path below the API's base, with its query.
    pub(crate) path: String,
    /// The body; `Null` for a request without a body.
    pub(crate) body: Value,
}

impl Question {
    pub(crate) fn post(path: &str, body: Value) -> Self {
        let (method, path) = (Method::POST, path.to_owned());
        Self { method, path, body }
    }

    pub(crate) fn streamed(&self) -> bool {
        self.body["stream"] == true
    }

    fn request(&self, base: &str) -> Request {
        let url = format!("{base}{}", self.path).parse().unwrap();
        let mut request = Request::new(self.method.clone(), url);
        if !self.body.is_null() {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(CONTENT_TYPE, json);
            // A text is the unchanged body, JSON or not.
            let body = self
                .body
                .as_str()
                .map_or_else(|| self.body.to_string(), str::to_owned);
            *request.body_mut() = Some(Body::from(body));
        }
        request
    }
}

/// The result of one call for its caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status; 0 when there was no answer.
    pub(crate) status: u16,
    /// The chunks as received, including empty ones.
    pub(crate) chunks: Vec<Bytes>,
    /// The error with all its causes.
    pub(crate) error: Option<String>,
}

impl Answer {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.chunks.concat()
    }
}

/// When the caller stops reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// At the end of the answer.
    Endless,
    /// After this many chunks, by dropping the answer.
    Chunks(usize),
}

pub(crate) async fn ask<S>(
    service: &mut S,
    base: &str,
    question: &Question,
    patience: Patience,
) -> Answer
where
    S: Service<HttpRequestFactory, Response = Response, Error = OpenAIError>,
{
    let (base, question) = (base.to_owned(), question.clone());
    let factory = HttpRequestFactory::new(move || {
        let request = question.request(&base);
        async move { Ok(request) }
    });
    let mut answer = Answer::default();
    match service.call(factory).await {
        Ok(response) => listen(response, patience, &mut answer).await,
        Err(error) => answer.error = Some(chain(&error)),
    }
    answer
}

async fn listen(response: Response, patience: Patience, answer: &mut Answer) {
    answer.status = response.status().as_u16();
    let mut body = http::Response::from(response).into_body();
    loop {
        if patience == Patience::Chunks(answer.chunks.len()) {
            return;
        }
        match body.frame().await {
            Some(Ok(frame)) => answer.chunks.extend(frame.into_data()),
            Some(Err(error)) => {
                answer.error = Some(chain(&error));
                return;
            }
            None => return,
        }
    }
}

/// Formats an error with its causes. reqwest wraps the error of a body, and the body in another body: the same words in
/// succession are one cause.
fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    texts.dedup();
    texts.join(": ")
}
