//! What a call costs, from a dated table of list prices.
//!
//! The table is data, generated from the `genai-prices` package (MIT) by `prices/generate.py` and compiled in. It says
//! of itself when its prices were in force ([`Table::date`]) and where they come from ([`Table::source`]); both go with
//! every amount it yields. Nothing is fetched at run time.
//!
//! Three steps, one file each: a model's name finds its tariff, the number of input tokens picks the rates of that
//! tariff, and the rates times the [`Usage`](crate::Usage) are the [`Cost`](crate::Cost).
//!
//! # Unknown is absent
//!
//! A wrong amount is worse than none, so each step gives `None` rather than a guess:
//!
//! - a provider or model the table does not list. Besides the listed names, a dated snapshot of a listed name is known
//!   (`-YYYY-MM-DD`, `-YYYYMMDD`, `-MMDD`), and a family the source gives as a whole, with nothing but a date, a revision
//!   or `latest`, `preview` behind it. `gpt-4o` never stands for `gpt-4o-mini`, nor a base model for its fine-tunes;
//! - a model whose price depends on more than token counts (pictures, seconds, the hour of the day, a fee per request):
//!   the table leaves it out;
//! - tokens without a rate: audio at a model that lists no price for audio, an answer at a model that only embeds;
//! - counts that are missing where a rate is not zero,
//! - moving aliases, such as `mistral-large-latest`, on whose price the table's sources disagree.
//!
//! A listed price of zero is a price: the call is known to be free.
//!
//! # Service tiers
//!
//! The list price is that of the standard tier. [`Price::in_tier`] takes the tier an answer names and gives the price of
//! that tier where figures are known, else nothing: a call that ran as `flex` is never shown at the standard price.
//!
//! # Prices of one's own
//!
//! An [`Overlay`] holds a user's own prices and goes before the table; a cost the provider states goes before both. Its
//! file is in US dollars per million tokens, as price lists are, each a decimal of at most six places and at most $10,000:
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
//! # What the amount is not
//!
//! Contracts, taxes and tools billed apart (web search) are not in it. Cache writes cost what the shortest lifetime costs.

mod cost;
mod file;
mod lookup;
mod overlay;
mod rates;
mod table;
#[cfg(test)]
mod tests;

pub use cost::Price;
pub use file::FileError;
pub use overlay::{ModelPrice, Overlay};
pub use rates::{RateError, Rates};
pub use table::Table;
