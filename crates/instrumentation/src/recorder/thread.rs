//! The recorder's thread.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use opentelemetry::trace::TraceContextExt as _;
use spanloom_core::json::{Document, Tape};
use spanloom_core::price::Table;

use super::Queue;
use super::paid::Paid;
use super::read::read;
use super::whole::Whole;
use crate::observation::Observation;
use crate::parsed_call::ParsedCall;
use crate::span::SpanEnd;

pub(super) fn start(queue: &Arc<Queue>) -> io::Result<()> {
    let queue = Arc::clone(queue);
    std::thread::Builder::new()
        .name("spanloom-recorder".to_owned())
        .spawn(move || {
            // Prices are loaded now, not when the first calls are waiting.
            let _prices = Table::builtin();
            let (mut batch, mut memory) = (VecDeque::new(), Memory::default());
            while queue.next(&mut batch) {
                for observation in batch.drain(..) {
                    take(observation, &queue, &mut memory);
                }
            }
        })?;
    Ok(())
}

/// What the thread keeps from call to call.
#[derive(Default)]
struct Memory {
    /// The memory for parsing bodies.
    tapes: [Tape; 2],
    paid: Paid,
}

fn take(mut observation: Observation, queue: &Queue, memory: &mut Memory) {
    let held_bytes = observation.held_bytes();
    observation.answer.join(queue.pool());
    let shed = observation.dropped_bytes() > 0;
    // A panic while reading, or in one of the service's processors, must not end the recording of later calls.
    if catch_unwind(AssertUnwindSafe(|| finish(&observation, queue, memory))).is_err() {
        queue.fault();
        let ended = catch_unwind(AssertUnwindSafe(|| observation.span.span().end()));
        drop(ended);
    }
    let body = std::mem::take(&mut observation.answer.body);
    queue.pool().give_back(body);
    drop(observation);
    queue.finished(held_bytes, shed);
}

fn finish(observation: &Observation, queue: &Queue, memory: &mut Memory) {
    // Metrics cover every call, sampled or not.
    let is_wanted = is_recorded(observation)
        || observation.instruments.is_some()
        || observation.listener.is_some();
    if !is_wanted {
        return queue.finish(SpanEnd::default(), &observation.span.span());
    }
    let whole = Whole::of(observation.endpoint, &observation.answer);
    let [request, response] = std::mem::take(&mut memory.tapes);
    let bodies = [
        Document::read_on(request, &observation.request),
        Document::read_on(response, whole.body()),
    ];
    let parsed = read(observation, &whole, &bodies, &mut memory.paid);
    record(observation, queue, &whole, &parsed);
    memory.tapes = bodies.map(Document::into_tape);
}

/// Passes a call to its metrics, listener, events and span.
fn record(observation: &Observation, queue: &Queue, whole: &Whole<'_>, reading: &ParsedCall<'_>) {
    let span = observation.span.span();
    if let Some(instruments) = &observation.instruments {
        let gaps = observation.answer.gaps(whole.ends());
        instruments.record(&reading.call, observation.elapsed, gaps);
    }
    if let Some(listener) = &observation.listener {
        listener.emit(&reading.call, observation.elapsed, span.span_context());
    }
    if !is_recorded(observation) {
        return queue.finish(SpanEnd::default(), &span);
    }
    let (finish, signals) = SpanEnd::of(reading, observation);
    queue.withheld(signals.withheld);
    if let Some(events) = &observation.content.events {
        for event in signals.events {
            events.emit(event);
        }
    }
    queue.finish(finish, &span);
}

/// Returns whether a span or an event records the call in full. Events cover every call, sampled or not.
fn is_recorded(observation: &Observation) -> bool {
    observation.span.span().is_recording() || observation.content.events.is_some()
}
