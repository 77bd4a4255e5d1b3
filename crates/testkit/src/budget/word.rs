//! The words of the macros, as types.

use std::fmt;

use crate::{Calls, RecordedCall};

/// One call or many.
pub trait AsCalls {
    /// As a slice.
    fn as_calls(&self) -> &[RecordedCall];
}

impl AsCalls for RecordedCall {
    fn as_calls(&self) -> &[RecordedCall] {
        std::slice::from_ref(self)
    }
}

impl AsCalls for [RecordedCall] {
    fn as_calls(&self) -> &[RecordedCall] {
        self
    }
}

impl AsCalls for Vec<RecordedCall> {
    fn as_calls(&self) -> &[RecordedCall] {
        self
    }
}

impl AsCalls for Calls {
    fn as_calls(&self) -> &[RecordedCall] {
        self
    }
}

impl<T: AsCalls + ?Sized> AsCalls for &T {
    fn as_calls(&self) -> &[RecordedCall] {
        (**self).as_calls()
    }
}

/// What the limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All calls together.
    Sum,
    /// Each of them.
    Each,
}

/// What becomes of calls whose number is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They fail the check.
    Fail,
    /// They are left out.
    Ignore,
}

/// How a number is held against its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `==`
    Exactly,
}

impl Comparison {
    pub(super) fn holds<T: PartialOrd>(self, number: &T, limit: &T) -> bool {
        match self {
            Self::AtMost => number <= limit,
            Self::Below => number < limit,
            Self::AtLeast => number >= limit,
            Self::Above => number > limit,
            Self::Exactly => number == limit,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtMost => "<=",
            Self::Below => "<",
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::Exactly => "==",
        })
    }
}

/// Which tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// Of prompts, cached ones included.
    Input,
    /// Of answers.
    Output,
    /// Both.
    Total,
    /// Of prompts, read from the provider's cache.
    Cached,
    /// Of answers, for reasoning.
    Reasoning,
}

impl Tokens {
    pub(super) fn of(self, call: &RecordedCall) -> Option<u64> {
        match self {
            Self::Input => call.input_tokens,
            Self::Output => call.output_tokens,
            Self::Total => call.total_tokens,
            Self::Cached => call.cached_tokens,
            Self::Reasoning => call.reasoning_tokens,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input tokens",
            Self::Output => "output tokens",
            Self::Total => "total tokens",
            Self::Cached => "cached tokens",
            Self::Reasoning => "reasoning tokens",
        }
    }
}

/// Which latency of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// The shortest that this many percent of all calls do not exceed.
    Percentile(u8),
    /// The longest.
    Max,
    /// The mean.
    Mean,
    /// Each of them.
    Each,
}
