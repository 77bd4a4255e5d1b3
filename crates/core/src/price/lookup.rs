//! Finds the tariff of a model by its name, as callers and providers write it.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::Rates;
use super::cost::{Hours, Levels, LongContext, Tariff};

/// One entry of the table.
#[derive(Deserialize)]
pub(super) struct Entry {
    /// The main name of the model.
    model: String,
    /// The other exact names of the model.
    #[serde(default)]
    names: Vec<String>,
    /// Names of families: a date, a revision or a release stage may follow.
    #[serde(default)]
    prefixes: Vec<String>,
    /// Prefixes of the names of fine-tuned models: the owner's own words follow.
    #[serde(default)]
    fine_tuned: Vec<String>,
    price: Rates,
    #[serde(default)]
    long_context: Vec<LongContext>,
    #[serde(default)]
    tiers: BTreeMap<String, Levels>,
    #[serde(default)]
    hours: Vec<Hours>,
}

/// The models of one provider. All names are in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Models {
    tariffs: Vec<Tariff>,
    /// Exact names.
    names: HashMap<String, usize>,
    /// Ordered longest first, like `fine_tuned` and `open`.
    prefixes: Vec<(String, usize)>,
    fine_tuned: Vec<(String, usize)>,
    /// Prefixes that a user wrote with a `*`: anything may follow, and every other rule takes precedence.
    open: Vec<(String, usize)>,
}

impl Models {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let mut models = Self::default();
        for (index, entry) in entries.into_iter().enumerate() {
            let lower = |name: String| (name.to_ascii_lowercase(), index);
            models
                .names
                .extend(entry.names.into_iter().chain([entry.model]).map(lower));
            models
                .prefixes
                .extend(entry.prefixes.into_iter().map(lower));
            models
                .fine_tuned
                .extend(entry.fine_tuned.into_iter().map(lower));
            models.tariffs.push(Tariff {
                standard: Levels {
                    price: entry.price,
                    long_context: entry.long_context,
                    hours: entry.hours,
                },
                tiers: entry.tiers,
            });
        }
        models
            .prefixes
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        models
            .fine_tuned
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        models
    }

    /// Sets the tariff of a model, replacing any earlier one. A trailing `*` covers every name with that prefix.
    pub(super) fn insert(&mut self, model: &str, tariff: Tariff) {
        let index = self.tariffs.len();
        self.tariffs.push(tariff);
        let model = model.to_ascii_lowercase();
        match model.strip_suffix('*') {
            None => {
                self.names.insert(model, index);
            }
            Some(prefix) => {
                self.open.retain(|(other, _)| other != prefix);
                self.open.push((prefix.to_owned(), index));
                self.open
                    .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
            }
        }
    }

    /// Returns the tariff of a model, named in lower case.
    pub(super) fn find(&self, model: &str) -> Option<&Tariff> {
        let index = self
            .named(model)
            .or_else(|| longest(&self.fine_tuned, model, |_| true))
            .or_else(|| self.snapshot(model))
            .or_else(|| longest(&self.prefixes, model, is_revision))
            .or_else(|| longest(&self.open, model, |_| true))?;
        self.tariffs.get(index)
    }

    fn named(&self, model: &str) -> Option<usize> {
        self.names.get(model).copied()
    }

    /// Finds a dated snapshot: first by its date as the provider writes it, which may have its own price, then without.
    fn snapshot(&self, model: &str) -> Option<usize> {
        let (name, date) = dated(model)?;
        let day = match (date.get(..4), date.get(4..6), date.get(6..)) {
            (Some(year), Some(month), Some(day)) => {
                self.named(&format!("{name}-{year}-{month}-{day}"))
            }
            _ => None,
        };
        day.or_else(|| self.named(name))
    }
}

fn longest(
    prefixes: &[(String, usize)],
    model: &str,
    rest_fits: fn(&str) -> bool,
) -> Option<usize> {
    let found = prefixes
        .iter()
        .find(|(prefix, _)| model.strip_prefix(prefix.as_str()).is_some_and(rest_fits));
    found.map(|&(_, index)| index)
}

/// Splits a name that ends in a date into the bare name and the digits of the date, `YYYYMMDD` or `MMDD`.
fn dated(model: &str) -> Option<(&str, String)> {
    ["-20##-##-##", "-20######", "@20######", "-####"]
        .into_iter()
        .find_map(|shape| {
            let (name, tail) = model.split_at_checked(model.len().checked_sub(shape.len())?)?;
            let fits = |(seen, wanted): (char, char)| {
                if wanted == '#' {
                    seen.is_ascii_digit()
                } else {
                    seen == wanted
                }
            };
            let digits = || {
                tail.chars()
                    .filter(char::is_ascii_digit)
                    .collect::<String>()
            };
            (tail.chars().zip(shape.chars()).all(fits))
                .then(digits)
                .filter(|date| is_day(date))
                .map(|date| (name, date))
        })
}

/// Returns whether digits end in a month and a day. `-2512`, a year and a month, is a version at some providers.
fn is_day(date: &str) -> bool {
    let within = |range: std::ops::Range<usize>, most: u8| {
        date.get(range)
            .and_then(|digits| digits.parse().ok())
            .is_some_and(|number: u8| (1..=most).contains(&number))
    };
    let start = date.len().saturating_sub(4);
    within(start..start + 2, 12) && within(start + 2..start + 4, 31)
}

/// Returns whether the text after a family's name leaves the price unchanged: a revision (`-002`, `-05-06`,
/// `-v2@20241022`) or a stage. A single digit may be the family's next version, as in `claude-sonnet-4-5`.
fn is_revision(rest: &str) -> bool {
    let all_digits = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let number = |word: &str| word.len() >= 2 && all_digits(word);
    let version = |word: &str| {
        word.strip_prefix('v')
            .is_some_and(|digits| !digits.is_empty() && all_digits(digits))
    };
    let stage = |word: &str| matches!(word, "latest" | "preview" | "exp" | "experimental");
    rest.is_empty()
        || rest.strip_prefix(['-', '@']).is_some_and(|words| {
            words
                .split(['-', '@'])
                .all(|word| number(word) || version(word) || stage(word))
        })
}
