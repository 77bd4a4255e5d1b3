//! Routing of a request to its handler.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::builder::ApiKey;
use super::cache::PromptCache;
use super::embedding::EmbeddingRequest;
use super::fault::Kind;
use super::journal::{Answer, Journal};
use super::latency::Latency;
use super::plan::Faults;
use super::problem::Problem;
use super::reaction::Reaction;
use super::seed::Seed;
use super::{catalogue, chat};
use crate::listen::Signal;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The state that all requests of a server share.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) latency: Latency,
    pub(super) seed: Seed,
    pub(super) api_key: Option<ApiKey>,
    pub(super) faults: Faults,
    pub(super) journal: Journal,
    pub(super) cache: PromptCache,
}

/// One request that is being answered.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) number: u64,
    pub(super) body: Bytes,
    /// The seed drawn from the server's seed, the request number and the body.
    pub(super) seed: Seed,
}

pub(super) fn router(service: Arc<Service>, signal: Signal) -> Router {
    // One handler for all paths: unknown paths must be recorded and answered in OpenAI's format as well.
    Router::new().fallback(move |request| handle(request, service, signal))
}

async fn handle(request: Request, service: Arc<Service>, signal: Signal) -> Response {
    let (head, body) = request.into_parts();
    // A client that disconnects in the middle of its body cannot be answered.
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return Response::new(Body::empty());
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let json = serde_json::from_slice(&body).unwrap_or_default();
    let number = service
        .journal
        .receive(&head.method, path, &head.headers, json);
    let seed = service.seed.mix_number(number).mix(&body);
    let exchange = Exchange { number, body, seed };
    let reaction = service.react(&head, &exchange, signal.clone());
    service.journal.answer(reaction.answer.clone());
    let mut response = reaction.happen(signal).await;
    let id = format!("req_{}", seed.mix(b"request").name());
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Returns what is asked of a deployment, in Azure's paths: `/openai/deployments/{name}/chat/completions`.
fn of_deployment(path: &str) -> Option<&str> {
    let (_, operation) = path.strip_prefix("/openai/deployments/")?.split_once('/')?;
    Some(operation)
}

impl Service {
    fn react(&self, head: &Parts, exchange: &Exchange, signal: Signal) -> Reaction {
        let refuse = |problem| Reaction::problem(exchange.number, problem, None);
        if let Some(problem) = self
            .api_key
            .as_ref()
            .and_then(|key| key.objection(&head.headers))
        {
            return refuse(problem);
        }
        let path = match of_deployment(head.uri.path()) {
            Some(operation) => &format!("/v1/{operation}"),
            None => head.uri.path(),
        };
        match (&head.method, path) {
            (&Method::POST, "/v1/chat/completions") => chat::answer(self, exchange, signal),
            (&Method::POST, "/v1/embeddings") => self.embed(exchange),
            (&Method::GET, "/v1/models") => list(exchange),
            (method, path) => refuse(Problem::unknown_path(method.as_str(), path)),
        }
    }

    fn embed(&self, exchange: &Exchange) -> Reaction {
        let number = exchange.number;
        let refuse = |problem| Reaction::problem(number, problem, None);
        let request: EmbeddingRequest = match serde_json::from_slice(&exchange.body) {
            Ok(request) => request,
            Err(error) => return refuse(chat::unreadable(&error)),
        };
        if request.model().is_empty() {
            return refuse(Problem::bad_request("you must provide a model parameter"));
        }
        let (mut body, usage) = match request.answer() {
            Ok(answer) => answer,
            Err(problem) => return refuse(problem),
        };
        let fault = self.faults.take(Kind::Embedding, &exchange.body);
        let tokens = usize::try_from(usage.prompt_tokens).unwrap_or(usize::MAX);
        if let Some(refused) = chat::refusal(number, request.model(), tokens, fault.as_ref()) {
            return refused;
        }
        if fault.is_none() {
            // `NoUsage` is the only fault that reaches this point.
            if let Some(members) = body.as_object_mut() {
                members.insert("usage".to_owned(), usage.to_embedding_json());
            }
        }
        let model = Some(request.model().to_owned());
        let answer = Answer {
            number,
            status: StatusCode::OK,
            model,
            usage: Some(usage),
            fault,
        };
        Reaction::json(answer, self.latency.pace(exchange.seed).first, &body)
    }
}

fn list(exchange: &Exchange) -> Reaction {
    let answer = Answer {
        number: exchange.number,
        status: StatusCode::OK,
        model: None,
        usage: None,
        fault: None,
    };
    Reaction::json(answer, std::time::Duration::ZERO, &catalogue::list())
}

impl ApiKey {
    /// Returns why these headers are rejected; `None` when they are accepted.
    fn objection(&self, headers: &HeaderMap) -> Option<Problem> {
        let bearer = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        let key = bearer.or_else(|| headers.get("api-key").and_then(|value| value.to_str().ok()));
        match key {
            Some(key) if key == self.0 => None,
            Some(key) => Some(Problem::wrong_key(key.is_empty())),
            None => Some(Problem::wrong_key(true)),
        }
    }
}
