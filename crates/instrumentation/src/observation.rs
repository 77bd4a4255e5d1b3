//! The data that the caller's thread hands to the recorder: bytes and times, not yet parsed.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use opentelemetry::{Context, StringValue};
use reqwest::Url;
use spanloom_core::{Endpoint, Failure, Fetch};

use crate::answer_buffer::{AnswerBuffer, Pool};
use crate::attributes::{Merged, MonitorAttributes};
use crate::content::Recording;
use crate::metrics::Instruments;
use crate::prices::PriceBook;
use crate::rate_limits::RateLimits;
use crate::trace_event::Listener;

/// One call: complete once it has ended.
#[derive(Debug)]
pub(crate) struct Observation {
    /// Holds the span that was started for the call.
    pub(crate) span: Context,
    pub(crate) endpoint: Endpoint,
    /// The model the span was started with.
    pub(crate) model: Option<String>,
    /// The response that is fetched, for [`Endpoint::FetchResponse`].
    pub(crate) fetch: Option<Fetch>,
    pub(crate) provider: StringValue,
    pub(crate) server: Server,
    /// The content that is recorded.
    pub(crate) content: Arc<Recording>,
    /// `None` for a layer without metrics.
    pub(crate) instruments: Option<Arc<Instruments>>,
    pub(crate) prices: PriceBook,
    /// The attributes of the call's scopes.
    pub(crate) attributes: MonitorAttributes,
    /// The attributes of every call of the layer.
    pub(crate) layer_attributes: MonitorAttributes,
    /// The receiver of the `tracing` event.
    pub(crate) listener: Option<Listener>,
    pub(crate) attempts: u32,
    pub(crate) started_at: SystemTime,
    pub(crate) elapsed: Duration,
    pub(crate) time_to_first_chunk: Option<Duration>,
    /// The request's body; empty when it was too large to keep or no longer fits the budget.
    pub(crate) request: Bytes,
    /// Bytes of the request that were sent but are not kept.
    pub(crate) dropped_bytes: u64,
    pub(crate) answer: Answer,
    pub(crate) end: End,
}

/// The server that the request was sent to.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// The host; shared with the span.
    pub(crate) address: StringValue,
    pub(crate) port: Option<u16>,
}

impl Server {
    pub(crate) fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        Self {
            address: StringValue::from(Arc::<str>::from(host)),
            port: url.port_or_known_default(),
        }
    }
}

/// The answer's bytes, as far as they were received and kept.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The HTTP status; 0 if no answer was received.
    pub(crate) status: u16,
    /// Whether the answer is a stream of server-sent events: by its first bytes, else by its content type.
    pub(crate) streamed: bool,
    /// The cost in US dollars that a gateway states in a header.
    pub(crate) stated_cost: Option<f64>,
    /// The headers of the provider's rate limits, as they came.
    pub(crate) rate_limits: RateLimits,
    /// The received bytes, until the recorder takes the call.
    pub(crate) buffer: AnswerBuffer,
    /// The same bytes in one buffer, from then on.
    pub(crate) body: Vec<u8>,
    /// The arrival of each piece of a streamed body.
    pub(crate) arrivals: Vec<Arrival>,
    /// The bytes received, for an answer of which only the end is kept.
    pub(crate) dropped_bytes: u64,
}

/// The arrival of a piece of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// The bytes received by then.
    pub(crate) end: usize,
    pub(crate) at: Instant,
}

/// How the call ended, as seen by the caller's side.
#[derive(Debug)]
pub(crate) enum End {
    /// The body was read to its end.
    Whole,
    /// The future or the body was dropped. Whether that is a cancellation depends on the data received by then:
    /// async-openai drops a stream's body right after `[DONE]`.
    Dropped,
    /// The transport failed, or an inner layer gave up.
    Failed(Failure),
    /// The recording ended first.
    Unfinished,
}

impl Answer {
    /// Returns the bytes held for the answer, for the budget.
    pub(crate) fn held_bytes(&self) -> usize {
        let arrivals = self.arrivals.capacity() * size_of::<Arrival>();
        self.buffer.held_bytes().saturating_add(arrivals)
    }

    /// Drops the received bytes except their end.
    pub(crate) fn cut(&mut self, pool: &Pool) {
        self.dropped_bytes = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX);
        self.buffer.keep_tail(pool);
        self.arrivals = Vec::new();
    }

    /// Joins the received bytes into one buffer. Only the recorder has the time for this.
    pub(crate) fn join(&mut self, pool: &Pool) {
        self.body = self.buffer.join(pool);
    }

    /// Returns the times between the arrivals of consecutive chunks, which end at `ends`. A chunk is an event of the
    /// stream, whichever frames of the connection carried it: two chunks in one frame are no time apart.
    pub(crate) fn gaps(&self, ends: &[usize]) -> impl Iterator<Item = Duration> {
        let mut arrivals = self.arrivals.iter().peekable();
        let mut last = None;
        ends.iter().filter_map(move |end| {
            while arrivals.next_if(|arrival| arrival.end < *end).is_some() {}
            let at = arrivals.peek()?.at;
            let gap = last.map(|last| at.saturating_duration_since(last));
            last = Some(at);
            gap
        })
    }

    /// Returns how many more arrivals need room before one is added.
    pub(crate) fn arrivals_growth(&self) -> usize {
        if self.arrivals.len() < self.arrivals.capacity() {
            0
        } else {
            self.arrivals.len().max(64)
        }
    }
}

impl Observation {
    /// Returns the attributes of the call: those of its scopes, then those of the layer.
    pub(crate) fn attributes(&self) -> Merged<'_> {
        self.attributes.merged().over(&self.layer_attributes)
    }

    /// Returns the bytes held for the observation, for the budget.
    pub(crate) fn held_bytes(&self) -> usize {
        self.request.len().saturating_add(self.answer.held_bytes())
    }

    /// Returns the number of bytes of both bodies that are not kept.
    pub(crate) fn dropped_bytes(&self) -> u64 {
        self.dropped_bytes.saturating_add(self.answer.dropped_bytes)
    }

    /// Drops the bodies except the answer's end; the span is finished without them.
    pub(crate) fn shed(&mut self, pool: &Pool) {
        let request = std::mem::take(&mut self.request).len();
        self.dropped_bytes += u64::try_from(request).unwrap_or(u64::MAX);
        if !self.answer.buffer.is_cut() {
            self.answer.cut(pool);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_between_events_and_not_between_frames() {
        let ms = Duration::from_millis;
        let begun = Instant::now();
        let arrival = |end, at| Arrival {
            end,
            at: begun + ms(at),
        };
        // The first frame has the first event and half of the second, the third has the rest.
        let answer = Answer {
            arrivals: vec![arrival(12, 10), arrival(18, 25), arrival(41, 100)],
            ..Answer::default()
        };
        let gaps: Vec<_> = answer.gaps(&[9, 18, 27]).collect();
        assert_eq!(gaps, [ms(15), ms(75)]);
        assert_eq!(Answer::default().gaps(&[9, 18]).count(), 0);
    }
}
