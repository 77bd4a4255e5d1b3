//! Parses bytes into a [`Call`].

use std::borrow::Cow;

use spanloom_core::json::Document;
use spanloom_core::openai::{self, Body};
use spanloom_core::{
    Call, Endpoint, Failure, Outcome, Request, StatedCost, Timestamp, Usage, secret,
};

use super::paid::Paid;
use super::whole::{ParsedAnswer, Whole};
use crate::attributes::Merged;
use crate::cost;
use crate::estimate;
use crate::observation::{Answer, End, Observation};
use crate::parsed_call::ParsedCall;
use crate::prices::PriceBook;

/// Parses the call that has these bodies, `request_body` and `response_body`.
pub(super) fn read<'a>(
    observation: &'a Observation,
    whole: &'a Whole<'_>,
    [request_body, response_body]: &'a [Document<'a>; 2],
    paid: &mut Paid,
) -> ParsedCall<'a> {
    let endpoint = observation.endpoint;
    let answer = &observation.answer;
    let mut request = openai::request(request_body.root());
    request.fetch.clone_from(&observation.fetch);
    // The span is already named after this model, whatever the body states, and even if the body was not kept.
    if observation.model.is_some() && request.model != observation.model {
        request.model.clone_from(&observation.model);
    }
    apply_attributes(&mut request, &observation.attributes());
    let mut understood = whole.parse_answer(endpoint, answer.status, response_body);
    settle_fetch(&request, &mut understood.body, paid);
    let (outcome, failure) = outcome(&observation.end, answer, &understood);
    // A refusal is not billed; an interrupted answer is billed as far as it arrived.
    let answered = outcome != Outcome::Error || !understood.text.is_empty();
    let is_whole = observation.dropped_bytes() == 0;
    let is_reported = understood.body.usage.source.is_some();
    let usage = match !is_reported && answered && is_whole && endpoint.is_inference() {
        true => estimate::usage(
            endpoint,
            request_body.root(),
            request.model.as_deref(),
            response_body.root(),
            understood.text,
            answer.streamed,
        ),
        false => understood.body.usage,
    };
    let started_at = Timestamp::from(observation.started_at);
    let ended_at = Timestamp::from(observation.started_at + observation.elapsed);
    let mut call = Call {
        endpoint,
        provider: observation.provider.to_string(),
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
            .filter(|_| answer.streamed && endpoint.is_inference()),
    };
    // Scrubbing precedes the price lookup: a warning names a model without a price.
    scrub(&mut call);
    let stated = understood.body.stated_cost;
    let stated = stated.or_else(|| StatedCost::of(answer.stated_cost?));
    set_cost(&mut call, stated, &observation.prices);
    ParsedCall {
        dimensions: dimensions(&call, understood.body.dimensions),
        call,
        request: request_body.root(),
        response: response_body.root(),
        request_body: request_body.text(),
        response_body: response_body.text(),
    }
}

fn set_cost(call: &mut Call, stated: Option<StatedCost>, prices: &PriceBook) {
    call.cost = cost::cost(call, stated, prices);
    let missed = cost::missed(call, prices);
    if let Some(cache) = &mut call.response.prompt_cache {
        cache.missed_cost = missed;
    }
}

/// Returns the requested dimensions, else the measured ones.
fn dimensions(call: &Call, measured: Option<usize>) -> Option<i64> {
    let measured = || i64::try_from(measured?).ok();
    let dimensions = call.request.dimensions.or_else(measured);
    dimensions.filter(|_| call.endpoint == Endpoint::Embeddings)
}

/// Applies the service's attributes, which override the values in the request.
fn apply_attributes(request: &mut Request, attributes: &Merged<'_>) {
    if let Some(id) = attributes.conversation() {
        request.conversation_id = Some(id.to_string());
    }
    if let Some(prompt) = attributes.prompt() {
        request.prompt_name = prompt.name().map(str::to_owned);
        // The convention has a version for named prompts only.
        let version = prompt.version().filter(|_| prompt.name().is_some());
        request.prompt_version = version.map(str::to_owned);
    }
}

/// Leaves a response's usage and cost to the first call that shows them. A fetched response has them from its original
/// call, unless it ran in the background: then the original call showed none. The request has its id.
fn settle_fetch(request: &Request, body: &mut Body, paid: &mut Paid) {
    let mut is_first = || {
        let id = body.response.id.as_deref();
        id.is_some_and(|id| paid.is_first(id))
    };
    let shows_usage = body.usage.is_known() || body.stated_cost.is_some();
    let Some(fetch) = &request.fetch else {
        // Only responses can be fetched; later calls know that this one is paid.
        if shows_usage && body.response.status.is_some() {
            let _first = is_first();
        }
        return;
    };
    if !(shows_usage && body.background && is_first()) {
        body.usage = Usage::default();
        body.stated_cost = None;
    }
    body.failure = None;
    body.response
        .id
        .get_or_insert_with(|| fetch.response_id.clone());
}

/// Masks secrets in texts that leave a call on more than its span: metrics and logs use these texts as they are.
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

fn outcome(
    end: &End,
    answer: &Answer,
    understood: &ParsedAnswer<'_>,
) -> (Outcome, Option<Failure>) {
    let reported = understood.failure.as_ref();
    if let Some(failure) = reported.or(understood.body.failure.as_ref()) {
        return (Outcome::Error, Some(failure.clone()));
    }
    // Nothing of the received answer was kept: an unknown outcome is not reported as a failure.
    let unseen = answer.dropped_bytes > 0 && answer.body.is_empty();
    let is_none = understood.missing.as_ref();
    match end {
        End::Whole | End::Dropped if unseen => (Outcome::Completed, None),
        End::Failed(failure) => (Outcome::Error, Some(failure.clone())),
        End::Whole if is_none.is_some() => (Outcome::Error, is_none.cloned()),
        End::Dropped | End::Unfinished if understood.done => (Outcome::Completed, None),
        End::Dropped => (Outcome::Cancelled, None),
        End::Unfinished => (Outcome::Unknown, None),
        // The connection was closed cleanly, but the stream did not mark its end. Some compatible servers never send
        // `[DONE]`: a finish reason is enough.
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
