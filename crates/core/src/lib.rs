//! The vocabulary of spanloom.
//!
//! Everything here is a pure function or a plain type: the names that spans carry ([`semconv`]), the provider's wire
//! formats ([`openai`]), one observed call ([`Call`]), its tokens and their cost ([`Usage`], [`Cost`], [`price`]), the
//! record of a call ([`Record`]) and the mapping from any GenAI span to that record ([`mapping`]). No I/O, no threads,
//! no runtime: a crate that depends only on this one pulls in `base64`, `jiff`, `memchr`, `serde` and `serde_json`.
//!
//! ```
//! use spanloom_core::{Usage, price::Table};
//!
//! let usage = Usage { input_tokens: Some(1_000), output_tokens: Some(100), ..Usage::default() };
//! let price = Table::builtin().price("openai", "gpt-4o-mini").expect("a priced model");
//! assert!(price.cost(&usage).is_some());
//! assert!(Table::builtin().price("openai", "no-such-model").is_none()); // unknown is absent, never 0
//! ```

mod call;
pub mod content;
mod cost;
mod endpoint;
mod evaluation;
mod folder;
pub mod json;
pub mod mapping;
pub mod message;
pub mod openai;
pub mod price;
mod prompt_cache;
mod provider;
mod record;
pub mod secret;
pub mod semconv;
mod stream;
mod time;
mod usage;
pub mod weave;

pub use call::{Call, Failure, Outcome, Request, Response};
pub use cost::{Cost, CostSource, PriceSource, StatedCost, Usd};
pub use endpoint::{Endpoint, Fetch};
pub use evaluation::Evaluation;
pub use folder::data_folder;
pub use prompt_cache::PromptCache;
pub use provider::{provider_at, provider_named};
pub use record::{
    CallInfo, CallPart, CostSummary, Json, PricedUsage, Record, Run, StatusCode, Summary,
    UsageSummary,
};
pub use stream::{StreamName, StreamNameError};
pub use time::Timestamp;
pub use usage::{Usage, UsageSource};

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
