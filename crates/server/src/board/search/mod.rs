//! Searches: conditions on fields, and words of the content, in one line of text.
//!
//! | term | calls |
//! |---|---|
//! | `model:gpt-4o` | with this value of a property or an attribute; `model:""` is without one |
//! | `model:gpt*` | with a value that begins so; `*` stands for any text |
//! | `user:(u-1 OR u-2)` | with one of some values |
//! | `"team name":search` | a field or a value in quotation marks may hold spaces; `\"` is a quotation mark |
//! | `latency:>2`, `cost:<=0.01`, `tokens:100..2000` | with a number in a range: seconds (`ms`, `s`, `m`), dollars, tokens (`k`, `M`) |
//! | `has:user` | with any value of a field |
//! | `attr:model:x` | with this value of an attribute that has the name of a property |
//! | `umbrella`, `"an umbrella"` | whose messages, arguments, results, error or name hold the text, in any case |
//! | `-model:gpt*`, `-umbrella` | that do not meet the term |
//!
//! Terms are all met. Fields: `model`, `op`, `provider`, `status`, `outcome`, `user`, `conversation`, `name`, `stream`; the numbers
//! `latency`, `first_chunk`, `cost`, `input`, `output`, `tokens`; any other field is an attribute, by its path.
//!
//! | file | what |
//! |---|---|
//! | `tokens` | the text as pieces: fields, values, words |
//! | `parse` | pieces as terms, and what is wrong with them |
//! | `range` | ranges of numbers with units |
//! | `glob` | patterns with `*` |
//! | `condition` | terms as conditions on calls |
//! | `content` | calls whose content holds words, the newest first |

mod condition;
mod content;
mod glob;
mod parse;
mod range;
mod tokens;

pub(super) use content::{Found, find};

use glob::Glob;
use range::Range;

use crate::store::question::{Dimension, Number};

/// A search: terms that a call meets, all of them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Search {
    terms: Vec<Term>,
}

/// A term of a search.
#[derive(Debug, PartialEq)]
struct Term {
    is_excluded: bool,
    what: What,
}

/// What a term asks for.
#[derive(Debug, PartialEq)]
enum What {
    /// A text in the content.
    Words(String),
    /// A property with one of some values.
    Values(Field, Vec<Glob>),
    /// A property with any value.
    Has(Field),
    /// A number in a range.
    InRange(Number, Range),
    /// A number that is known.
    Known(Number),
}

/// A property, or an attribute by its path.
#[derive(Clone, Debug, PartialEq)]
enum Field {
    Property(Dimension),
    Attribute(String),
}

impl Search {
    /// Returns the texts that the content must hold, and those that it must not.
    pub(super) fn words(&self) -> Vec<(&str, bool)> {
        let words = self.terms.iter().filter_map(|term| match &term.what {
            What::Words(text) => Some((text.as_str(), term.is_excluded)),
            _ => None,
        });
        words.collect()
    }
}

#[cfg(test)]
mod tests;
