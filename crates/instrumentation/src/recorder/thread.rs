//! The recorder's thread.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use opentelemetry::trace::TraceContextExt as _;
use spanloom_core::price::Table;

use super::Queue;
use super::read::read;
use crate::observation::Observation;
use crate::span::Finish;

pub(super) fn start(queue: &Arc<Queue>) -> io::Result<()> {
    let queue = Arc::clone(queue);
    std::thread::Builder::new()
        .name("spanloom-recorder".to_owned())
        .spawn(move || {
            // Read here and now, rather than when the first calls wait.
            let _prices = Table::builtin();
            while let Some(mut observation) = queue.next() {
                let held_bytes = observation.held_bytes();
                observation.answer.join(queue.pool());
                let shed = observation.dropped_bytes() > 0;
                // A fault in reading, or in a processor of the service's, must not end the recording of later calls.
                if catch_unwind(AssertUnwindSafe(|| finish(&observation, &queue))).is_err() {
                    queue.fault();
                    let ended = catch_unwind(AssertUnwindSafe(|| observation.span.span().end()));
                    drop(ended);
                }
                let body = std::mem::take(&mut observation.answer.body);
                queue.pool().give_back(body);
                drop(observation);
                queue.finished(held_bytes, shed);
            }
        })?;
    Ok(())
}

fn finish(observation: &Observation, queue: &Queue) {
    let span = observation.span.span();
    let drains = queue.drains();
    // Metrics and events are of every call, sampled or not.
    let told = span.is_recording() || observation.content.events.is_some();
    let wanted = told || observation.instruments.is_some() || observation.listener.is_some();
    let reading = wanted.then(|| read(observation));
    if let (Some(instruments), Some(reading)) = (&observation.instruments, &reading) {
        instruments.record(&reading.call, observation.elapsed, &observation.answer);
    }
    if let (Some(listener), Some(reading)) = (&observation.listener, &reading) {
        listener.tell(&reading.call, observation.elapsed, span.span_context());
    }
    let (finish, beside) = reading
        .filter(|_| told)
        .map(|reading| Finish::of(&reading, observation))
        .unwrap_or_default();
    queue.withheld(beside.withheld);
    if let Some(events) = &observation.content.events {
        for event in beside.events {
            events.emit(event);
        }
    }
    let drains: Vec<_> = drains.iter().filter_map(Weak::upgrade).collect();
    if drains.is_empty() {
        return finish.apply(&span);
    }
    finish.clone().apply(&span);
    for drain in drains {
        drain.complete(span.span_context().span_id(), &finish);
    }
}
