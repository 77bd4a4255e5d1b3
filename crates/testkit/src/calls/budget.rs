//! Budgets: limits that a service's own tests set on one figure of each call.

use std::fmt::{self, Write as _};
use std::time::Duration;

use spanloom_core::Usd;

use super::{Calls, RecordedCall};

/// The number of calls that a message lists; the rest are only counted.
const NAMED: usize = 10;

/// A budget that was not met: `Display` and `Debug` name the figure, the limit and the calls, largest first.
#[derive(Clone, PartialEq, Eq)]
pub struct OverBudget(String);

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes the same text as `Display`, because a test that fails with `?` or `unwrap` prints `Debug`.
impl fmt::Debug for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OverBudget {}

mod sealed {
    use super::{Duration, Usd};

    /// The unit of a figure.
    pub trait Unit: Copy + Ord {
        type Limit;
        fn limit(limit: Self::Limit) -> Option<Self>;
        fn add(self, other: Self) -> Self;
        fn text(self) -> String;
    }

    impl Unit for Usd {
        type Limit = f64;

        fn limit(limit: f64) -> Option<Self> {
            Self::from_dollars(limit)
        }

        fn add(self, other: Self) -> Self {
            self + other
        }

        fn text(self) -> String {
            self.to_string()
        }
    }

    impl Unit for u64 {
        type Limit = Self;

        fn limit(limit: Self) -> Option<Self> {
            Some(limit)
        }

        fn add(self, other: Self) -> Self {
            self.saturating_add(other)
        }

        fn text(self) -> String {
            self.to_string()
        }
    }

    impl Unit for Duration {
        type Limit = Self;

        fn limit(limit: Self) -> Option<Self> {
            Some(limit)
        }

        fn add(self, other: Self) -> Self {
            self.saturating_add(other)
        }

        fn text(self) -> String {
            format!("{self:?}")
        }
    }
}

use sealed::Unit;

/// One figure of each call, such as its cost: see [`Calls::cost`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a figure is held to a limit by `sum`, `each`, `max` or `percentile`"]
pub struct Figures<'a, T> {
    name: &'static str,
    calls: &'a [RecordedCall],
    figure: fn(&RecordedCall) -> Option<T>,
    ignores_unknown: bool,
}

/// A statistic of [`Figures`] to compare with a limit: US dollars as `f64`, tokens as `u64`, times as [`Duration`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a budget holds only when it is checked with `at_most` or `at_least`"]
pub struct Statistic<'a, T> {
    figures: Figures<'a, T>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Sum,
    Each,
    Percentile(u8),
}

/// # Budgets
///
/// A prompt grows with every change to it, and so does its cost. A test can hold calls to a budget:
///
/// ```
/// # use opentelemetry::KeyValue;
/// # use opentelemetry::trace::{Span, Tracer, TracerProvider};
/// use std::time::Duration;
///
/// use spanloom_testkit::SpanRecorder;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let spans = SpanRecorder::new();
/// let provider = spans.provider(); // for `GenAiLayer::builder(&recorder).with_tracer_provider(&provider)`
/// # let mut span = provider.tracer("service").start("chat gpt-4o-mini");
/// # for (key, value) in [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-4o-mini")] {
/// #     span.set_attribute(KeyValue::new(key, value));
/// # }
/// # span.set_attribute(KeyValue::new("gen_ai.usage.input_tokens", 120));
/// # span.set_attribute(KeyValue::new("gen_ai.usage.output_tokens", 40));
/// # span.end();
/// // The service answers a question; its client has that layer.
/// let calls = spans.wait_for_calls(1)?;
/// calls.cost().sum().at_most(0.01)?; // US dollars
/// calls.cost().each().at_most(0.002)?;
/// calls.input_tokens().sum().at_most(500)?;
/// calls.latency().percentile(95).at_most(Duration::from_millis(2_500))?;
/// # Ok(())
/// # }
/// ```
///
/// With a monitor, `calls()` of the [`Sink`](crate::Sink) that receives its records returns the same. A
/// [`ModelServer`](crate::ModelServer) with the same seed gives the same answers every time, and so the same tokens and
/// cost; its [`Latency::None`](crate::Latency::None) keeps limits on latency from failing on a busy machine.
///
/// A check also fails when there are no calls, and when a call lacks the figure (a model without a price, a failed
/// call, a provider that reports no usage), because a test that checks nothing is worse than no test. An unknown figure
/// is not 0; [`Figures::ignore_unknown`] leaves such calls out.
impl Calls {
    /// Returns the cost in US dollars.
    pub fn cost(&self) -> Figures<'_, Usd> {
        self.figures("cost", |call| call.cost_usd.and_then(Usd::from_dollars))
    }

    /// Returns the tokens of the prompts, including cached tokens.
    pub fn input_tokens(&self) -> Figures<'_, u64> {
        self.figures("input tokens", |call| call.input_tokens)
    }

    /// Returns the tokens of the answers, including reasoning tokens.
    pub fn output_tokens(&self) -> Figures<'_, u64> {
        self.figures("output tokens", |call| call.output_tokens)
    }

    /// Returns the input and output tokens together.
    pub fn total_tokens(&self) -> Figures<'_, u64> {
        self.figures("total tokens", |call| call.total_tokens)
    }

    /// Returns the prompt tokens that the provider read from its cache.
    pub fn cached_tokens(&self) -> Figures<'_, u64> {
        self.figures("cached tokens", |call| call.cached_tokens)
    }

    /// Returns the answer tokens that went into reasoning.
    pub fn reasoning_tokens(&self) -> Figures<'_, u64> {
        self.figures("reasoning tokens", |call| call.reasoning_tokens)
    }

    /// Returns the time from the request to the end of the answer.
    pub fn latency(&self) -> Figures<'_, Duration> {
        self.figures("latency", |call| call.latency)
    }

    /// Returns the time from the request to the first chunk of a stream; unknown for other calls.
    pub fn time_to_first_chunk(&self) -> Figures<'_, Duration> {
        self.figures("time to first chunk", |call| call.time_to_first_chunk)
    }

    fn figures<T>(
        &self,
        name: &'static str,
        figure: fn(&RecordedCall) -> Option<T>,
    ) -> Figures<'_, T> {
        Figures {
            name,
            calls: self,
            figure,
            ignores_unknown: false,
        }
    }
}

impl<'a, T: Unit> Figures<'a, T> {
    /// Leaves out calls without this figure. By default they fail the check.
    pub fn ignore_unknown(mut self) -> Self {
        self.ignores_unknown = true;
        self
    }

    /// Returns the sum over all calls.
    pub fn sum(self) -> Statistic<'a, T> {
        self.statistic(Kind::Sum)
    }

    /// Returns the figure of each call.
    pub fn each(self) -> Statistic<'a, T> {
        self.statistic(Kind::Each)
    }

    /// Returns the largest figure.
    pub fn max(self) -> Statistic<'a, T> {
        self.percentile(100)
    }

    /// Returns the smallest figure that `percent` of all calls do not exceed (nearest rank).
    pub fn percentile(self, percent: u8) -> Statistic<'a, T> {
        self.statistic(Kind::Percentile(percent))
    }

    fn statistic(self, kind: Kind) -> Statistic<'a, T> {
        Statistic {
            figures: self,
            kind,
        }
    }

    /// Returns each call with its figure, largest first; at least one.
    fn known(self) -> Result<Vec<(T, &'a RecordedCall)>, OverBudget> {
        let (name, count) = (self.name, plural(self.calls.len()));
        if self.calls.is_empty() {
            let text = format!("no calls were recorded, so there is no {name} to hold to a limit");
            return Err(OverBudget(text));
        }
        let figure = |call| Some(((self.figure)(call)?, call));
        let mut known: Vec<_> = self.calls.iter().filter_map(figure).collect();
        known.sort_by_key(|(figure, _)| std::cmp::Reverse(*figure));
        let missing = self.calls.len() - known.len();
        if known.is_empty() || (missing > 0 && !self.ignores_unknown) {
            let hint = match known.is_empty() {
                true => "",
                false => " (`ignore_unknown` leaves such calls out)",
            };
            let head = format!("{name} of {missing} of {count} is unknown{hint}");
            let unknown = |call: &&RecordedCall| (self.figure)(call).is_none();
            return Err(over(&head, self.calls.iter().filter(unknown)));
        }
        Ok(known)
    }
}

impl<T: Unit> Statistic<'_, T> {
    /// Checks that the statistic is not above the limit.
    ///
    /// # Errors
    ///
    /// When the statistic is above the limit, when there are no calls, and when a call lacks the figure.
    pub fn at_most(self, limit: T::Limit) -> Result<(), OverBudget> {
        self.check("at most", limit, |figure, limit| figure <= limit)
    }

    /// Checks that the statistic is not below the limit.
    ///
    /// # Errors
    ///
    /// When the statistic is below the limit, when there are no calls, and when a call lacks the figure.
    pub fn at_least(self, limit: T::Limit) -> Result<(), OverBudget> {
        self.check("at least", limit, |figure, limit| figure >= limit)
    }

    fn check(
        self,
        comparison: &str,
        limit: T::Limit,
        holds: fn(T, T) -> bool,
    ) -> Result<(), OverBudget> {
        let limit =
            T::limit(limit).ok_or_else(|| OverBudget("the limit is not a number".into()))?;
        let (name, known) = (self.figures.name, self.figures.known()?);
        let (figures, calls): (Vec<T>, Vec<&RecordedCall>) = known.into_iter().unzip();
        let count = plural(calls.len());
        let (name, figure) = match self.kind {
            Kind::Each => {
                let pairs = figures.iter().zip(&calls);
                let failing = pairs.filter(|(figure, _)| !holds(**figure, limit));
                let failing: Vec<_> = failing.map(|(_, call)| *call).collect();
                let head = format!(
                    "{name} of {} of {count} is not {comparison} {}",
                    failing.len(),
                    limit.text()
                );
                return match failing.is_empty() {
                    true => Ok(()),
                    false => Err(over(&head, failing)),
                };
            }
            Kind::Sum => (name.to_owned(), figures.iter().copied().reduce(T::add)),
            Kind::Percentile(percent) => {
                let rank = (figures.len() * usize::from(percent)).div_ceil(100).max(1);
                let figure = figures.get(figures.len().saturating_sub(rank));
                (format!("p{percent} {name}"), figure.copied())
            }
        };
        match figure.filter(|figure| !holds(*figure, limit)) {
            None => Ok(()),
            Some(figure) => Err(over(
                &format!(
                    "{name} of {count} is {}, not {comparison} {}",
                    figure.text(),
                    limit.text()
                ),
                calls,
            )),
        }
    }
}

fn plural(calls: usize) -> String {
    match calls {
        1 => "1 call".to_owned(),
        _ => format!("{calls} calls"),
    }
}

fn over<'a>(head: &str, calls: impl IntoIterator<Item = &'a RecordedCall>) -> OverBudget {
    let mut text = format!("{head}:");
    let mut calls = calls.into_iter();
    for call in calls.by_ref().take(NAMED) {
        // Writing to a string cannot fail.
        write!(text, "\n  {call}").ok();
    }
    let more = calls.count();
    if more > 0 {
        write!(text, "\n  and {}", plural(more)).ok();
    }
    OverBudget(text)
}

#[cfg(test)]
mod tests;
