//! Wall-clock times that never run backwards within one call.

use std::time::{Duration, Instant, SystemTime};

/// A start time on both clocks: the wall clock for timestamps, the monotonic clock for durations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    wall: SystemTime,
    monotonic: Instant,
}

impl Start {
    pub(crate) fn now() -> Self {
        Self {
            wall: SystemTime::now(),
            monotonic: Instant::now(),
        }
    }

    pub(crate) fn wall(self) -> SystemTime {
        self.wall
    }

    pub(crate) fn until(self, then: Instant) -> Duration {
        then.saturating_duration_since(self.monotonic)
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.monotonic.elapsed()
    }
}
