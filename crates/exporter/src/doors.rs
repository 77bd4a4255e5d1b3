//! The way of a span from a processor to the queue of each destination.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::queue::Queue;
use crate::receipt::{Account, DestinationReceipt, Receipt};
use crate::span::held_bytes;

/// What an exporter shares with its processors.
#[derive(Debug)]
pub(crate) struct Doors {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) resource: Arc<OnceLock<Resource>>,
}

/// The way to one destination.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) queue: Arc<Queue>,
    pub(crate) spools: bool,
}

impl Doors {
    /// One span for all destinations, which share it.
    pub(crate) fn push(&self, span: SpanData) {
        let bytes = held_bytes(&span);
        let span = Arc::new(span);
        if let Some((last, others)) = self.lanes.split_last() {
            for lane in others {
                lane.queue.push(Arc::clone(&span), bytes);
            }
            last.queue.push(span, bytes);
        }
    }

    pub(crate) fn set_resource(&self, resource: &Resource) {
        // The first provider's counts; a second one sharing the exporter keeps its spans, under the first resource.
        self.resource.get_or_init(|| resource.clone());
    }

    /// All destinations at the same time, so that one that hangs takes no time from the others.
    pub(crate) fn flush(&self, timeout: Duration) -> Receipt {
        for lane in &self.lanes {
            lane.queue.hurry();
        }
        let deadline = Instant::now().checked_add(timeout);
        self.receipt(|lane| {
            let left = deadline.map_or(timeout, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            lane.queue.flushed(left)
        })
    }

    pub(crate) fn receipt(&self, account: impl Fn(&Lane) -> Account) -> Receipt {
        let of_lane = |lane: &Lane| DestinationReceipt {
            name: lane.name.clone(),
            account: account(lane),
            trouble: lane.queue.trouble(),
        };
        Receipt::of(self.lanes.iter().map(of_lane).collect())
    }
}
