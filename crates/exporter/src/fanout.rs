//! The path of a span from a processor to the queue of each destination.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Span, SpanData};

use crate::content::OtherSpans;
use crate::item::CallEvaluation;
use crate::queue::Queue;
use crate::receipt::{Account, DestinationReceipt, Receipt};
use crate::span::held_bytes;
use crate::starts::Starts;

/// The state that an exporter shares with its processors.
#[derive(Debug)]
pub(crate) struct Fanout {
    pub(crate) routes: Vec<Route>,
    pub(crate) resource: Arc<OnceLock<Resource>>,
    pub(crate) others: OtherSpans,
}

/// The path to one destination.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) name: String,
    pub(crate) queue: Arc<Queue>,
    pub(crate) spools: bool,
    pub(crate) takes_evaluations: bool,
    /// The spans that have begun, if the destination gets start records.
    pub(crate) starts: Option<Arc<Starts>>,
}

impl Fanout {
    /// Notes a span that has begun, for the destinations with start records.
    pub(crate) fn began(&self, span: &Span) {
        let mut routes = self.routes.iter().filter_map(|route| route.starts.as_ref());
        let Some(first) = routes.next() else { return };
        if let Some(span) = span.exported_data().map(Arc::new) {
            routes.for_each(|starts| starts.began(Arc::clone(&span)));
            first.began(span);
        }
    }

    /// Queues one span for all destinations, which share it.
    pub(crate) fn push(&self, span: SpanData) {
        let id = span.span_context.span_id();
        for route in &self.routes {
            if let Some(starts) = &route.starts {
                starts.ended(id);
            }
        }
        let bytes = held_bytes(&span);
        let span = Arc::new(span);
        if let Some((last, others)) = self.routes.split_last() {
            for route in others {
                route.queue.push(Arc::clone(&span), bytes);
            }
            last.queue.push(span, bytes);
        }
    }

    /// Queues an evaluation for the destinations that take them. Returns whether there are any.
    pub(crate) fn evaluate(&self, evaluation: CallEvaluation) -> bool {
        let bytes = evaluation.held_bytes();
        let evaluation = Arc::new(evaluation);
        let routes = self.routes.iter().filter(|route| route.takes_evaluations);
        let pushed = routes.map(|route| route.queue.push(Arc::clone(&evaluation), bytes));
        pushed.count() > 0
    }

    pub(crate) fn set_resource(&self, resource: &Resource) {
        // The first provider's resource counts; spans of a second provider that shares the exporter get it too.
        self.resource.get_or_init(|| self.others.resource(resource));
    }

    /// Flushes all destinations at the same time, so that a hanging one takes no time from the rest.
    pub(crate) fn flush(&self, timeout: Duration) -> Receipt {
        for route in &self.routes {
            route.queue.request_flush();
        }
        let deadline = Instant::now().checked_add(timeout);
        self.receipt(|route| {
            let left = deadline.map_or(timeout, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            route.queue.flushed(left)
        })
    }

    pub(crate) fn receipt(&self, account: impl Fn(&Route) -> Account) -> Receipt {
        let of_route = |route: &Route| DestinationReceipt {
            name: route.name.clone(),
            account: account(route),
            trouble: route.queue.trouble(),
        };
        Receipt::of(self.routes.iter().map(of_route).collect())
    }
}
