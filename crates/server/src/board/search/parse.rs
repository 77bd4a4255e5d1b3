//! Pieces as terms, and what is wrong with them.

use super::range::NUMBERS;
use super::tokens::{Piece, Written, pieces};
use super::{Field, Glob, Range, Search, Term, What};
use crate::board::property::{PROPERTIES, check_word};
use crate::store::question::Number;

/// The longest search, in bytes, and the most terms of one.
const LONGEST: usize = 4_096;
const MOST_TERMS: usize = 64;

/// Other names of properties.
const ALIASES: [(&str, &str); 2] = [("conversation", "thread"), ("operation", "op")];

impl Search {
    /// Reads a search.
    ///
    /// # Errors
    /// A sentence about what is wrong with it.
    pub(in crate::board) fn read(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("a search has at most {LONGEST} bytes"));
        }
        let pieces = pieces(text)?;
        if pieces.len() > MOST_TERMS {
            return Err(format!("a search has at most {MOST_TERMS} terms"));
        }
        let terms = pieces.into_iter().map(term).collect::<Result<_, _>>()?;
        Ok(Self { terms })
    }
}

fn term(piece: Piece) -> Result<Term, String> {
    let what = match &piece.field {
        None => words(piece.values)?,
        Some(field) if field == "has" => has(&piece.values)?,
        Some(field) => match number(field) {
            Some(of) => in_range(field, of, &piece.values)?,
            None => values(field, piece.values)?,
        },
    };
    Ok(Term {
        is_excluded: piece.is_excluded,
        what,
    })
}

fn words(values: Vec<Written>) -> Result<What, String> {
    let words = values.into_iter().map(|value| value.text).next();
    let words = words.filter(|words| !words.trim().is_empty());
    let missing = || "there is no text between the quotation marks".to_owned();
    words.map(What::Words).ok_or_else(missing)
}

fn has(values: &[Written]) -> Result<What, String> {
    match values {
        [value] if !value.text.is_empty() => {
            let name = &value.text;
            Ok(number(name).map_or_else(|| What::Has(field(name)), What::Known))
        }
        [_] => Err("has: a field is missing; write has:user".to_owned()),
        _ => Err("has: a term has one field, not a list".to_owned()),
    }
}

fn number(name: &str) -> Option<Number> {
    let found = NUMBERS.iter().find(|(number, _)| *number == name);
    found.map(|(_, number)| *number)
}

fn field(name: &str) -> Field {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, name)| name);
    match PROPERTIES.iter().find(|(property, _)| *property == name) {
        Some((_, of)) => Field::Property(*of),
        None => Field::Attribute(name.strip_prefix("attr:").unwrap_or(name).to_owned()),
    }
}

fn in_range(field: &str, of: Number, values: &[Written]) -> Result<What, String> {
    let [value] = values else {
        return Err(format!("{field}: a number has one range, not a list"));
    };
    let range = Range::read(of, &value.text);
    let example = match of {
        Number::StartedAt | Number::Latency | Number::FirstChunk => ">2, <500ms or 1..3",
        Number::Cost => ">0.01 or 0.1..1",
        Number::InputTokens | Number::OutputTokens | Number::TotalTokens => ">1000, 2k or 100..500",
    };
    let wrong = || {
        format!(
            "{field}:{} is no number; write {field}:{example}",
            value.text
        )
    };
    range
        .map(|range| What::InRange(of, range))
        .ok_or_else(wrong)
}

fn values(name: &str, values: Vec<Written>) -> Result<What, String> {
    let field = field(name);
    if values.iter().any(Written::is_missing) {
        return Err(format!(
            "{name}: a value is missing; {name}:\"\" finds calls without one"
        ));
    }
    if let Some(value) = values.iter().find(|value| is_comparison(value)) {
        let numbers: Vec<&str> = NUMBERS.iter().map(|(number, _)| *number).collect();
        let numbers = numbers.join(", ");
        let value = &value.text;
        return Err(format!(
            "{name}:{value} compares, and only {numbers} are numbers"
        ));
    }
    let globs: Vec<Glob> = values
        .into_iter()
        .map(|value| match value.is_quoted {
            true => Glob::Is(value.text),
            false => Glob::of(&value.text),
        })
        .collect();
    if let Field::Property(of) = field {
        for glob in &globs {
            if let Glob::Is(word) = glob {
                check_word(name, of, word)?;
            }
        }
    }
    Ok(What::Values(field, globs))
}

fn is_comparison(value: &Written) -> bool {
    !value.is_quoted && value.text.starts_with(['<', '>'])
}
