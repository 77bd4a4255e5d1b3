//! The macros. Each is its grammar; what it says is made into values, and a function does the rest.

/// Holds the cost of calls to a limit in US dollars, and panics with the calls and their numbers when it is not kept.
///
/// ```text
/// assert_cost!(calls, <= 0.01)                        all of them together
/// assert_cost!(calls, each <= 0.002)
/// assert_cost!(calls, <= 0.01, unknown = ignore)      without those whose cost is not known
/// ```
///
/// The comparison is `<=`, `<`, `>=`, `>` or `==`. See [budgets](crate::budget).
///
/// ```
/// # use spanloom_testkit::{Calls, assert_cost};
/// # let result = std::panic::catch_unwind(|| {
/// let calls = Calls::default(); // none: there is nothing to hold to a limit
/// assert_cost!(calls, <= 0.01);
/// # });
/// # assert!(result.is_err());
/// ```
#[macro_export]
macro_rules! assert_cost {
    ($calls:expr, each $op:tt $limit:expr $(, unknown = $unknown:ident)? $(,)?) => {
        $crate::__hold!($crate::budget::cost(
            $crate::budget::AsCalls::as_calls(&$calls),
            $crate::budget::Scope::Each,
            $crate::__comparison!($op),
            ($limit) as f64,
            $crate::__unknown!($($unknown)?),
        ))
    };
    ($calls:expr, $op:tt $limit:expr $(, unknown = $unknown:ident)? $(,)?) => {
        $crate::__hold!($crate::budget::cost(
            $crate::budget::AsCalls::as_calls(&$calls),
            $crate::budget::Scope::Sum,
            $crate::__comparison!($op),
            ($limit) as f64,
            $crate::__unknown!($($unknown)?),
        ))
    };
}

/// Holds the tokens of calls to a limit, and panics with the calls and their numbers when it is not kept.
///
/// ```text
/// assert_tokens!(calls, input <= 500)                 input, output, total, cached or reasoning; all calls together
/// assert_tokens!(calls, each total <= 1_000)
/// assert_tokens!(calls, cached >= 1_024, unknown = ignore)
/// ```
///
/// The limit is a `u64`; the comparison is `<=`, `<`, `>=`, `>` or `==`. See [budgets](crate::budget).
#[macro_export]
macro_rules! assert_tokens {
    ($calls:expr, each $which:ident $op:tt $limit:expr $(, unknown = $unknown:ident)? $(,)?) => {
        $crate::__hold!($crate::budget::tokens(
            $crate::budget::AsCalls::as_calls(&$calls),
            $crate::budget::Scope::Each,
            $crate::__tokens!($which),
            $crate::__comparison!($op),
            $limit,
            $crate::__unknown!($($unknown)?),
        ))
    };
    ($calls:expr, $which:ident $op:tt $limit:expr $(, unknown = $unknown:ident)? $(,)?) => {
        $crate::__hold!($crate::budget::tokens(
            $crate::budget::AsCalls::as_calls(&$calls),
            $crate::budget::Scope::Sum,
            $crate::__tokens!($which),
            $crate::__comparison!($op),
            $limit,
            $crate::__unknown!($($unknown)?),
        ))
    };
}

/// Holds the latency of calls to a limit, and panics with the calls and their numbers when it is not kept.
///
/// ```text
/// assert_latency!(calls, p95 <= 2.5 s)                p50, p90, p95, p99, max, mean or each
/// assert_latency!(calls, max <= Duration::from_secs(10))
/// assert_latency!(calls, first_chunk p50 <= 800 ms, unknown = ignore)
/// ```
///
/// The limit is a number of `s` or `ms`, or a [`Duration`](std::time::Duration); percentiles are those of the nearest
/// rank. `first_chunk` is the time to the first chunk of streams; it is unknown for other calls. See
/// [budgets](crate::budget), also for why such a limit should be generous.
#[macro_export]
macro_rules! assert_latency {
    ($calls:expr, first_chunk $which:ident $op:tt $($limit:tt)+) => {
        $crate::__latency!($calls, true, $which, $op, $($limit)+)
    };
    ($calls:expr, $which:ident $op:tt $($limit:tt)+) => {
        $crate::__latency!($calls, false, $which, $op, $($limit)+)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __latency {
    ($calls:expr, $first:expr, $which:ident, $op:tt, $n:literal s $(, unknown = $unknown:ident)? $(,)?) => {
        $crate::__latency!(
            $calls, $first, $which, $op,
            ::std::time::Duration::from_secs_f64(($n) as f64) $(, unknown = $unknown)?
        )
    };
    ($calls:expr, $first:expr, $which:ident, $op:tt, $n:literal ms $(, unknown = $unknown:ident)? $(,)?) => {
        $crate::__latency!(
            $calls, $first, $which, $op,
            ::std::time::Duration::from_secs_f64(($n) as f64 / 1e3) $(, unknown = $unknown)?
        )
    };
    ($calls:expr, $first:expr, $which:ident, $op:tt, $limit:expr $(, unknown = $unknown:ident)? $(,)?) => {
        $crate::__hold!($crate::budget::latency(
            $crate::budget::AsCalls::as_calls(&$calls),
            $first,
            $crate::__which!($which),
            $crate::__comparison!($op),
            $limit,
            $crate::__unknown!($($unknown)?),
        ))
    };
}

/// Panics where the macro stands, with the message alone.
#[doc(hidden)]
#[macro_export]
macro_rules! __hold {
    ($check:expr) => {
        if let ::std::result::Result::Err(message) = $check {
            ::std::panic!("{message}");
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __comparison {
    (<=) => {
        $crate::budget::Comparison::AtMost
    };
    (<) => {
        $crate::budget::Comparison::Below
    };
    (>=) => {
        $crate::budget::Comparison::AtLeast
    };
    (>) => {
        $crate::budget::Comparison::Above
    };
    (==) => {
        $crate::budget::Comparison::Exactly
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __unknown {
    () => {
        $crate::budget::Unknown::Fail
    };
    (fail) => {
        $crate::budget::Unknown::Fail
    };
    (ignore) => {
        $crate::budget::Unknown::Ignore
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __tokens {
    (input) => {
        $crate::budget::Tokens::Input
    };
    (output) => {
        $crate::budget::Tokens::Output
    };
    (total) => {
        $crate::budget::Tokens::Total
    };
    (cached) => {
        $crate::budget::Tokens::Cached
    };
    (reasoning) => {
        $crate::budget::Tokens::Reasoning
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __which {
    (p50) => {
        $crate::budget::Latency::Percentile(50)
    };
    (p90) => {
        $crate::budget::Latency::Percentile(90)
    };
    (p95) => {
        $crate::budget::Latency::Percentile(95)
    };
    (p99) => {
        $crate::budget::Latency::Percentile(99)
    };
    (max) => {
        $crate::budget::Latency::Max
    };
    (mean) => {
        $crate::budget::Latency::Mean
    };
    (each) => {
        $crate::budget::Latency::Each
    };
}
