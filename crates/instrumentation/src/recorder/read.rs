//! Bytes become a [`Call`].

use std::borrow::Cow;

use spanloom_core::openai::{self, Assembled, Body};
use spanloom_core::{Call, Endpoint, Failure, Outcome, Request, Timestamp, Usage, secret};

use crate::attributes::Merged;
use crate::cost;
use crate::estimate;
use crate::observation::{Answer, End, Observation};

/// A call with what it said, ready for its span.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) call: Call,
    /// The answer as one JSON body, streams assembled.
    pub(crate) response_body: Option<Cow<'a, str>>,
    /// Width of the embeddings asked for or received.
    pub(crate) dimensions: Option<i64>,
}

/// An answer's bytes, understood.
struct Understood<'a> {
    body: Body,
    json: Option<Cow<'a, str>>,
    text: String,
    done: bool,
    failure: Option<Failure>,
}

pub(super) fn read(observation: &Observation) -> Reading<'_> {
    let endpoint = observation.endpoint;
    let mut request = openai::request(&observation.request);
    request.fetch.clone_from(&observation.fetch);
    if request.model.is_none() {
        request.model.clone_from(&observation.unread_model);
    }
    say(&mut request, &observation.said());
    let mut understood = understand(endpoint, &observation.answer);
    settle_fetch(&request, &mut understood.body);
    let (outcome, failure) = outcome(&observation.end, &observation.answer, &understood);
    let mut usage = understood.body.usage;
    // A refusal is not billed; an answer that broke off is, as far as it came.
    let answered = outcome != Outcome::Error || !understood.text.is_empty();
    let whole = observation.dropped_bytes() == 0;
    if usage.source.is_none() && answered && whole && endpoint.is_inference() {
        usage = estimate::usage(
            &observation.request,
            request.model.as_deref(),
            understood.json.as_deref(),
            &understood.text,
            observation.answer.streamed,
        );
    }
    let started_at = Timestamp::from(observation.started_at);
    let ended_at = Timestamp::from(observation.started_at + observation.elapsed);
    let mut call = Call {
        endpoint,
        provider: observation.provider.to_owned(),
        server_address: observation.server.address.as_str().to_owned(),
        server_port: observation.server.port,
        request,
        response: understood.body.response,
        usage,
        cost: None,
        outcome,
        failure,
        attempts: observation.attempts,
        started_at,
        ended_at,
        time_to_first_chunk: observation
            .time_to_first_chunk
            .filter(|_| observation.answer.streamed && endpoint.is_inference()),
    };
    // Before the price is looked up: a model without one is named in a warning.
    scrub(&mut call);
    call.cost = cost::cost(&call, understood.body.reported_cost, &observation.prices);
    let measured = understood.body.dimensions;
    let measured = measured.and_then(|width| i64::try_from(width).ok());
    let dimensions = call
        .request
        .dimensions
        .or(measured)
        .filter(|_| endpoint == Endpoint::Embeddings);
    Reading {
        call,
        response_body: understood.json,
        dimensions,
    }
}

/// What the service says of a call goes before what the request says.
fn say(request: &mut Request, said: &Merged<'_>) {
    if let Some(id) = said.conversation() {
        request.conversation_id = Some(id.to_string());
    }
    if let Some(prompt) = said.prompt() {
        request.prompt_name = prompt.name().map(str::to_owned);
        // The convention has a version for named prompts only.
        let version = prompt.version().filter(|_| prompt.name().is_some());
        request.prompt_version = version.map(str::to_owned);
    }
}

/// A response made before was paid for when it was made, and failed then, if it did; its id is known from the request.
fn settle_fetch(request: &Request, body: &mut Body) {
    let Some(fetch) = &request.fetch else { return };
    body.usage = Usage::default();
    body.reported_cost = None;
    body.failure = None;
    body.response
        .id
        .get_or_insert_with(|| fetch.response_id.clone());
}

/// Masks secrets in what leaves a call not only on its span: metrics and logs take these texts as they are.
fn scrub(call: &mut Call) {
    let response = &mut call.response;
    let texts = [
        call.request.model.as_mut(),
        call.request.service_tier.as_mut(),
        response.model.as_mut(),
        response.service_tier.as_mut(),
        response.system_fingerprint.as_mut(),
    ];
    let failure = call.failure.as_mut();
    let failure = failure.map(|failure| [&mut failure.kind, &mut failure.message]);
    let texts = texts.into_iter().flatten();
    for text in texts.chain(failure.into_iter().flatten()) {
        if let Cow::Owned(masked) = secret::mask(text) {
            *text = masked;
        }
    }
}

fn understand(endpoint: Endpoint, answer: &Answer) -> Understood<'_> {
    let cut = answer.dropped_bytes > 0 && answer.status < 400;
    if answer.streamed || cut {
        let Assembled {
            body,
            completion,
            text,
            done,
            failure,
            ..
        } = match cut {
            true => openai::ending(endpoint, &answer.body, answer.streamed),
            false => openai::assemble(endpoint, &answer.body),
        };
        let json = completion.map(|raw| Cow::Owned(raw.get().to_owned()));
        return Understood {
            body,
            json,
            text,
            done,
            failure,
        };
    }
    let failure = (answer.status >= 400).then(|| {
        let status = answer.status.to_string();
        openai::failure(&answer.body, &status).unwrap_or(Failure {
            kind: status,
            message: String::new(),
        })
    });
    let json = std::str::from_utf8(&answer.body)
        .ok()
        .filter(|text| !text.is_empty())
        .map(Cow::Borrowed);
    Understood {
        body: openai::response(endpoint, &answer.body),
        json,
        text: String::new(),
        done: false,
        failure,
    }
}

fn outcome(end: &End, answer: &Answer, understood: &Understood<'_>) -> (Outcome, Option<Failure>) {
    let reported = understood.failure.as_ref();
    if let Some(failure) = reported.or(understood.body.failure.as_ref()) {
        return (Outcome::Error, Some(failure.clone()));
    }
    // Nothing was kept of an answer that came: what is not known is not claimed to have gone wrong.
    let unseen = answer.dropped_bytes > 0 && answer.body.is_empty();
    match end {
        End::Whole | End::Dropped if unseen => (Outcome::Completed, None),
        End::Failed(failure) => (Outcome::Error, Some(failure.clone())),
        End::Dropped | End::Unfinished if understood.done => (Outcome::Completed, None),
        End::Dropped => (Outcome::Cancelled, None),
        End::Unfinished => (Outcome::Unknown, None),
        // The connection was closed in good order, but the stream had not said that it was complete. Some compatible
        // servers never say `[DONE]`: a finish reason does as well.
        End::Whole
            if answer.streamed
                && !understood.done
                && understood.body.response.finish_reasons.is_empty() =>
        {
            let message = "the stream ended before it was complete".to_owned();
            (
                Outcome::Error,
                Some(Failure {
                    kind: "incomplete_stream".to_owned(),
                    message,
                }),
            )
        }
        End::Whole => (Outcome::Completed, None),
    }
}
