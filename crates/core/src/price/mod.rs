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
//! - counts that are missing where a rate is not zero.
//!
//! A listed price of zero is a price: the call is known to be free.
//!
//! # What the amount is not
//!
//! It is the standard list price. Discounts for batch and flexible processing, surcharges for priority, contracts, taxes
//! and tools billed apart (web search) are not in it. Cache writes cost what the shortest lifetime costs.

mod cost;
mod lookup;
mod table;
#[cfg(test)]
mod tests;

pub use cost::Price;
pub use table::Table;
