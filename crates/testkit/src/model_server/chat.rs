//! `POST /v1/chat/completions`.

use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;

use super::completion::Completion;
use super::fault::{Fault, Kind};
use super::journal::Answer;
use super::problem::Problem;
use super::reaction::Reaction;
use super::request::ChatRequest;
use super::service::{Exchange, Service};
use super::stream::{UsageChunk, body, script};
use super::token::{Counter, narrow};
use crate::listen::Signal;

pub(super) fn answer(service: &Service, exchange: &Exchange, signal: Signal) -> Reaction {
    let number = exchange.number;
    let request = match read(&exchange.body) {
        Ok(request) => request,
        Err(problem) => return Reaction::problem(number, problem, None),
    };
    let kind = if request.is_streamed() {
        Kind::StreamedChat
    } else {
        Kind::Chat
    };
    let fault = service.faults.take(kind, &exchange.body);
    let prompt = Counter::of(request.model()).prompt(&request);
    if let Some(refused) = refusal(number, request.model(), prompt.len(), fault.as_ref()) {
        return refused;
    }
    let cached = service.cache.cached(request.model(), &prompt);
    let prompt_tokens = u64::from(narrow(prompt.len()));
    let completion = Completion::new(
        &request,
        exchange.seed,
        now(),
        prompt_tokens,
        u64::from(cached),
    );
    respond(service, exchange, &request, &completion, fault, signal)
}

fn respond(
    service: &Service,
    exchange: &Exchange,
    request: &ChatRequest,
    completion: &Completion,
    fault: Option<Fault>,
    signal: Signal,
) -> Reaction {
    let pace = service.latency.pace(exchange.seed);
    let with_usage = fault != Some(Fault::NoUsage);
    let answer = Answer {
        number: exchange.number,
        status: StatusCode::OK,
        model: Some(completion.model.clone()),
        usage: Some(completion.usage),
        fault,
    };
    if !request.is_streamed() {
        let tokens = u32::try_from(completion.usage.completion_tokens).unwrap_or(u32::MAX);
        return Reaction::json(answer, pace.whole(tokens), &completion.to_json(with_usage));
    }
    let usage = match request.wants_usage_chunk() && with_usage {
        true => UsageChunk::Sent,
        false => UsageChunk::Absent,
    };
    // The model thinks before its first word.
    let thinking =
        pace.tokens(u32::try_from(completion.usage.reasoning_tokens).unwrap_or(u32::MAX));
    let steps = script(completion, usage, pace, answer.fault.as_ref());
    let first = pace.first.saturating_add(thinking);
    Reaction::respond(
        answer,
        first,
        "text/event-stream; charset=utf-8",
        body(steps, signal),
    )
}

/// Returns the response of a fault instead of an answer; `None` when the model answers.
pub(super) fn refusal(
    number: u64,
    model: &str,
    prompt_tokens: usize,
    fault: Option<&Fault>,
) -> Option<Reaction> {
    let fault = fault?;
    match fault.problem(model, prompt_tokens) {
        Some(problem) => Some(Reaction::problem(number, problem, Some(fault.clone()))),
        None => Reaction::silence(number, fault),
    }
}

fn read(body: &[u8]) -> Result<ChatRequest, Problem> {
    let request: ChatRequest = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    if request.model().is_empty() {
        return Err(Problem::bad_request("you must provide a model parameter"));
    }
    if request.messages().is_empty() {
        return Err(Problem::missing("messages"));
    }
    Ok(request)
}

pub(super) fn unreadable(error: &serde_json::Error) -> Problem {
    let hint = "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your \
                HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.";
    match error.is_data() {
        true => Problem::bad_request(format!(
            "Invalid value in the body of your request: {error}."
        )),
        false => Problem::bad_request(format!("{hint})")),
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}
