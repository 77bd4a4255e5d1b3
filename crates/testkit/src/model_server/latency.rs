//! The latency of answers.

use std::time::Duration;

use super::seed::Seed;

/// How long the [`ModelServer`](super::ModelServer) takes to answer.
///
/// Waits use tokio's clock, so a paused clock skips them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Latency {
    /// 60 to 250 ms until the first token and 2 to 6 ms for each token of output, both chosen by the server's seed and
    /// the request: the latency of a small hosted model, divided by about four.
    #[default]
    Realistic,
    /// This long until the first token, and no time after it.
    Fixed(Duration),
    /// None: every answer is sent as soon as it is ready.
    None,
}

/// The latency of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pace {
    /// Time until the first token.
    pub(super) first: Duration,
    /// Time for each token of output.
    pub(super) token: Duration,
}

impl Latency {
    pub(super) fn pace(self, seed: Seed) -> Pace {
        match self {
            Self::None => Pace::default(),
            Self::Fixed(first) => Pace {
                first,
                token: Duration::ZERO,
            },
            Self::Realistic => Pace {
                first: Duration::from_micros(seed.mix(b"first").between(60_000, 250_000)),
                token: Duration::from_micros(seed.mix(b"token").between(2_000, 6_000)),
            },
        }
    }
}

impl Pace {
    /// Returns the time for an answer of this many tokens that is sent in one piece.
    pub(super) fn whole(self, tokens: u32) -> Duration {
        self.first.saturating_add(self.tokens(tokens))
    }

    /// Returns the time for this many tokens in the middle of an answer.
    pub(super) fn tokens(self, tokens: u32) -> Duration {
        self.token.saturating_mul(tokens)
    }
}

/// Waits; does not even yield to the scheduler when there is nothing to wait for.
pub(super) async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn realistic_latency_keeps_to_its_ranges() {
        for number in 0..500 {
            let pace = Latency::Realistic.pace(Seed::new(number));
            assert!((60..=250).contains(&pace.first.as_millis()));
            assert!((2..=6).contains(&pace.token.as_millis()));
        }
        assert_eq!(Latency::None.pace(Seed::new(1)).whole(100), Duration::ZERO);
    }
}
