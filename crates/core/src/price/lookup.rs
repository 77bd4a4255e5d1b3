//! From a model's name, as callers and providers write it, to its tariff.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::Rates;
use super::cost::{Levels, LongContext, Tariff};

/// One line of the table.
#[derive(Deserialize)]
pub(super) struct Entry {
    /// The name it goes by.
    model: String,
    /// Its other exact names.
    #[serde(default)]
    names: Vec<String>,
    /// Families: a date, a revision or a release stage may follow.
    #[serde(default)]
    prefixes: Vec<String>,
    /// Beginnings of the names of fine-tuned models: the owner's own words follow.
    #[serde(default)]
    fine_tuned: Vec<String>,
    price: Rates,
    #[serde(default)]
    long_context: Vec<LongContext>,
    #[serde(default)]
    tiers: BTreeMap<String, Levels>,
}

/// The models of one provider. All names are in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Models {
    tariffs: Vec<Tariff>,
    /// Exact names.
    names: HashMap<String, usize>,
    /// Longest first, as are the next.
    prefixes: Vec<(String, usize)>,
    fine_tuned: Vec<(String, usize)>,
    /// Beginnings a user wrote with a `*`: anything may follow, and any other rule goes first.
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

    /// Sets what a model costs, over what was set before. A name that ends in `*` stands for all that begin so.
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

    /// The tariff of a model whose name is in lower case.
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

    /// A dated snapshot: under its date as the provider writes it, which may have a price of its own, then without.
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

/// Whether digits end in a month and a day. `-2512`, a year and a month, is a version at some providers.
fn is_day(date: &str) -> bool {
    let within = |range: std::ops::Range<usize>, most: u8| {
        date.get(range)
            .and_then(|digits| digits.parse().ok())
            .is_some_and(|number: u8| (1..=most).contains(&number))
    };
    let start = date.len().saturating_sub(4);
    within(start..start + 2, 12) && within(start + 2..start + 4, 31)
}

/// Whether what follows a family's name leaves the price alone: a revision (`-002`, `-05-06`, `-v2@20241022`) or a stage.
/// One digit alone may be the next version of the family, `claude-sonnet-4` and `claude-sonnet-4-5`.
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
