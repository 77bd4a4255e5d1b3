//! The account as metrics.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;

use crate::exporter::Exporter;
use crate::fanout::Fanout;
use crate::receipt::Account;

/// Spans that were delivered, rejected or dropped, by destination and outcome.
const ENDED: &str = "spanloom.export.spans";
/// Waiting spans, by destination and place.
const WAITING: &str = "spanloom.export.waiting";
const DESTINATION: &str = "spanloom.export.destination";
const OUTCOME: &str = "spanloom.export.outcome";

impl Exporter {
    /// Reports the account as metrics whenever `meters` collects: `spanloom.export.spans`, a counter, with the outcomes
    /// `delivered`, `rejected` and the reasons of [`Dropped`](crate::Dropped); and `spanloom.export.waiting`, with the
    /// outcomes `queued` and `spooled` so far. Both carry the destination.
    pub fn observe(&self, meters: &dyn MeterProvider) {
        let meter = meters.meter("spanloom-exporter");
        let fanout = self.fanout();
        let _counter = meter
            .u64_observable_counter(ENDED)
            .with_unit("{span}")
            .with_description("Spans that were delivered, rejected or dropped")
            .with_callback(observed(&fanout, ended, |observer, count, attributes| {
                observer.observe(count, attributes);
            }))
            .build();
        let _gauge = meter
            .u64_observable_gauge(WAITING)
            .with_unit("{span}")
            .with_description("Spans that wait, in memory or on disk")
            .with_callback(observed(&fanout, waiting, |observer, count, attributes| {
                observer.observe(count, attributes);
            }))
            .build();
    }
}

type Counts = Vec<(&'static str, u64)>;

fn ended(account: &Account) -> Counts {
    let mut counts = vec![
        ("delivered", account.delivered),
        ("rejected", account.rejected),
    ];
    counts.extend(account.dropped.by_reason());
    counts
}

fn waiting(account: &Account) -> Counts {
    vec![("queued", account.queued), ("spooled", account.spooled)]
}

/// Returns a callback that reads the account while the exporter exists: a meter provider may outlive it.
fn observed(
    fanout: &Arc<Fanout>,
    counts: fn(&Account) -> Counts,
    observe: fn(&dyn opentelemetry::metrics::AsyncInstrument<u64>, u64, &[KeyValue]),
) -> impl Fn(&dyn opentelemetry::metrics::AsyncInstrument<u64>) + Send + Sync + 'static {
    let fanout = Arc::downgrade(fanout);
    move |observer| {
        for route in fanout.upgrade().iter().flat_map(|fanout| &fanout.routes) {
            for (outcome, count) in counts(&route.queue.account()) {
                let attributes = [
                    KeyValue::new(DESTINATION, route.name.clone()),
                    KeyValue::new(OUTCOME, outcome),
                ];
                observe(observer, count, &attributes);
            }
        }
    }
}
