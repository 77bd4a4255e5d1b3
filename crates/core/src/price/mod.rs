//! The cost of a call, from a dated table of list prices.
//!
//! The table is data, generated from the `genai-prices` package (MIT) by `prices/generate.py` and compiled in. It
//! states when its prices were in force ([`Table::date`]) and where they come from ([`Table::source`]); both accompany
//! every amount computed from it. Nothing is fetched at run time.
//!
//! There are three steps, one file each: the model's name selects a tariff, the number of input tokens selects the
//! rates of that tariff, and the rates times the [`Usage`](crate::Usage) are the [`Cost`](crate::Cost).
//!
//! # Unknown is absent
//!
//! A wrong amount is worse than none, so each step returns `None` rather than a guess for:
//!
//! - a provider or model that the table does not list. The table also covers dated snapshots of a listed name
//!   (`-YYYY-MM-DD`, `-YYYYMMDD`, `-MMDD`), and whole families in the source, followed only by a date, a revision,
//!   `latest` or `preview`. `gpt-4o` never covers `gpt-4o-mini`, nor a base model its fine-tunes;
//! - a model whose price depends on more than token counts (pictures, seconds, the hour of the day, a fee per request):
//!   the table leaves it out;
//! - tokens without a rate: audio for a model without a price for audio, output for a model that only embeds;
//! - missing counts where a rate is not zero;
//! - moving aliases, such as `mistral-large-latest`, if the table's sources disagree on the price.
//!
//! A listed price of zero is a price: the call is known to be free.
//!
//! # Service tiers
//!
//! The list price is the price of the standard tier. [`Price::in_tier`] takes the tier named in an answer and returns
//! its price if figures are known, else `None`: a call that ran as `flex` is never shown at the standard price.
//!
//! # Your own prices
//!
//! An [`Overlay`] holds a user's own prices and overrides the table; a cost stated by the provider overrides both.
//! Prices in its file are US dollars per million tokens, each a decimal of at most six places and at most $10,000:
//!
//! ```
//! use spanloom_core::price::Overlay;
//!
//! # fn main() -> Result<(), spanloom_core::price::FileError> {
//! let overlay = Overlay::parse(r#"{
//!     "date": "2026-11-01",
//!     "providers": {
//!         "openai": {
//!             "gpt-4o": {"input": 2.25, "output": 9, "cache_read": 1.125,
//!                 "long_context": [{"over": 200000, "input": 4.50, "output": 13.50}],
//!                 "tiers": {"flex": {"input": 1.125, "output": 4.50}}},
//!             "ft:gpt-4o-mini-2024-07-18:acme:*": {"input": 0.30, "output": 1.20}
//!         },
//!         "ollama": {"*": {"input": 0, "output": 0}}
//!     }
//! }"#)?;
//! assert!(overlay.price("ollama", "llama3.2:1b").is_some()); // zero is a price: known to be free
//! assert!(overlay.price("openai", "gpt-4o-2024-08-06").is_some()); // a dated snapshot of a name it has
//! assert!(overlay.price("openai", "gpt-4o-mini").is_none()); // the built-in table decides
//! # Ok(()) }
//! ```
//!
//! Fields of a model: `input` (required), `output`, `cache_read`, `cache_write`, `input_audio`, `output_audio`,
//! `long_context`, `tiers`. Providers are values of `gen_ai.provider.name`. A number may be written as a string. `date`
//! is optional; `unit`, if given, is `"US dollars per million tokens"`; `source` and `comment` are for people.
//!
//! # What the amount leaves out
//!
//! Contracts, taxes and tools billed extra (web search) are excluded. The cost of cache
//! writes that last an hour or longer is unknown where only the shortest lifetime has a price.

mod cost;
mod file;
mod lookup;
mod overlay;
mod rates;
mod spelling;
mod table;
#[cfg(test)]
mod tests;

pub use cost::{Price, TokenPrices};
pub use file::FileError;
pub use overlay::{ModelPrice, Overlay};
pub use rates::{RateError, Rates};
pub use table::Table;
