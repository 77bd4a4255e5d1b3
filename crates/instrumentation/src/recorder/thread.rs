//! The recorder's thread.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use opentelemetry::trace::{SpanRef, TraceContextExt as _};
use spanloom_core::json::{Document, Tape};
use spanloom_core::price::Table;

use super::Queue;
use super::read::read;
use super::whole::Whole;
use crate::observation::Observation;
use crate::span::SpanEnd;

pub(super) fn start(queue: &Arc<Queue>) -> io::Result<()> {
    let queue = Arc::clone(queue);
    std::thread::Builder::new()
        .name("spanloom-recorder".to_owned())
        .spawn(move || {
            // Prices are loaded now, not when the first calls are waiting.
            let _prices = Table::builtin();
            let (mut batch, mut tapes) = (VecDeque::new(), Tapes::default());
            while queue.next(&mut batch) {
                for observation in batch.drain(..) {
                    take(observation, &queue, &mut tapes);
                }
            }
        })?;
    Ok(())
}

/// The memory for parsing bodies, reused from call to call.
type Tapes = [Tape; 2];

fn take(mut observation: Observation, queue: &Queue, tapes: &mut Tapes) {
    let held_bytes = observation.held_bytes();
    observation.answer.join(queue.pool());
    let shed = observation.dropped_bytes() > 0;
    // A panic while reading, or in one of the service's processors, must not end the recording of later calls.
    if catch_unwind(AssertUnwindSafe(|| finish(&observation, queue, tapes))).is_err() {
        queue.fault();
        let ended = catch_unwind(AssertUnwindSafe(|| observation.span.span().end()));
        drop(ended);
    }
    let body = std::mem::take(&mut observation.answer.body);
    queue.pool().give_back(body);
    drop(observation);
    queue.finished(held_bytes, shed);
}

fn finish(observation: &Observation, queue: &Queue, tapes: &mut Tapes) {
    // Metrics cover every call, sampled or not.
    let is_wanted = is_recorded(observation)
        || observation.instruments.is_some()
        || observation.listener.is_some();
    if !is_wanted {
        return end(SpanEnd::default(), &observation.span.span(), queue);
    }
    let whole = Whole::of(observation.endpoint, &observation.answer);
    let [request, response] = std::mem::take(tapes);
    let bodies = [
        Document::read_on(request, &observation.request),
        Document::read_on(response, whole.body()),
    ];
    record(observation, queue, &whole, &bodies);
    *tapes = bodies.map(Document::into_tape);
}

/// Parses a call and passes it to its metrics, listener, events and span.
fn record(observation: &Observation, queue: &Queue, whole: &Whole<'_>, bodies: &[Document<'_>; 2]) {
    let span = observation.span.span();
    let reading = read(observation, whole, bodies);
    if let Some(instruments) = &observation.instruments {
        let gaps = observation.answer.gaps(whole.ends());
        instruments.record(&reading.call, observation.elapsed, gaps);
    }
    if let Some(listener) = &observation.listener {
        listener.emit(&reading.call, observation.elapsed, span.span_context());
    }
    if !is_recorded(observation) {
        return end(SpanEnd::default(), &span, queue);
    }
    let (finish, signals) = SpanEnd::of(&reading, observation);
    queue.withheld(signals.withheld);
    if let Some(events) = &observation.content.events {
        for event in signals.events {
            events.emit(event);
        }
    }
    end(finish, &span, queue);
}

/// Returns whether a span or an event records the call in full. Events cover every call, sampled or not.
fn is_recorded(observation: &Observation) -> bool {
    observation.span.span().is_recording() || observation.content.events.is_some()
}

/// Ends the span, or has the drains end it if its provider no longer accepts it.
fn end(finish: SpanEnd, span: &SpanRef<'_>, queue: &Queue) {
    let drains: Vec<_> = queue.drains().iter().filter_map(Weak::upgrade).collect();
    if drains.is_empty() {
        return finish.apply(span);
    }
    finish.clone().apply(span);
    for drain in drains {
        drain.complete(span.span_context().span_id(), &finish);
    }
}
