//! The properties that requests group and filter by, by their names.

use spanloom_core::Outcome;

use crate::reply::Problem;
use crate::store::question::{Dimension, Groups};
use crate::store::{Code, Memory, Status, outcome};

/// The properties with names of their own; every other one is an attribute, by its path.
pub(super) const PROPERTIES: [(&str, Dimension); 9] = [
    ("model", Dimension::Model),
    ("op", Dimension::Operation),
    ("provider", Dimension::Provider),
    ("status", Dimension::Status),
    ("outcome", Dimension::Outcome),
    ("user", Dimension::User),
    ("thread", Dimension::Thread),
    ("name", Dimension::OpName),
    ("stream", Dimension::Stream),
];

/// The code of a text that is not stored: it matches no row.
pub(super) const NOWHERE: Code = Code::MAX;

/// Reads a property, the value of a parameter: a name, or `attr:PATH`.
pub(super) fn read(parameter: &str, text: &str, memory: &Memory) -> Result<Dimension, Problem> {
    let known = PROPERTIES.iter().find(|(name, _)| *name == text);
    if let Some((_, of)) = known {
        return Ok(*of);
    }
    match text.strip_prefix("attr:") {
        Some(path) => Ok(Dimension::Attribute(memory.dictionary.code(path))),
        None => {
            let names: Vec<&str> = PROPERTIES.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            Err(Problem::bad_request(format!(
                "{parameter} must be {names} or attr:PATH"
            )))
        }
    }
}

/// Reads up to two properties that calls are grouped by.
pub(super) fn read_groups(asked: &[&str], memory: &Memory) -> Result<Groups, Problem> {
    let group = |text| read("group", text, memory).map(Some);
    match *asked {
        [] => Ok([None, None]),
        [one] => Ok([group(one)?, None]),
        // Two paths that no call has are the same property, and not the same question.
        [one, other] if one == other => Err(Problem::bad_request("both groups are the same")),
        [one, other] => Ok([group(one)?, group(other)?]),
        _ => Err(Problem::bad_request(
            "calls are grouped by two properties at most",
        )),
    }
}

/// Returns the name of a property's value; a missing value has none.
pub(super) fn value(of: Dimension, code: Option<Code>, memory: &Memory) -> &str {
    let Some(code) = code else { return "" };
    let number = u8::try_from(code).unwrap_or(u8::MAX);
    match of {
        Dimension::Status => Status::of(number).as_str(),
        Dimension::Outcome => outcome::of(number).map_or("", Outcome::as_str),
        _ => memory.dictionary.text(code),
    }
}

/// Returns the code of a property's value; an empty text is a missing value.
pub(super) fn code(of: Dimension, text: &str, memory: &Memory) -> Option<Code> {
    let number = |number: Option<u8>| number.map(Code::from);
    let code = match of {
        _ if text.is_empty() => return None,
        Dimension::Status => number(Status::from_word(text).map(Status::number)),
        Dimension::Outcome => number(Outcome::from_word(text).map(outcome::number)),
        _ => memory.dictionary.code(text),
    };
    Some(code.unwrap_or(NOWHERE))
}

/// Refuses a word that no status or outcome has.
pub(super) fn check_word(name: &str, of: Dimension, word: &str) -> Result<(), String> {
    let words: Vec<&str> = match of {
        Dimension::Status => Status::ALL.map(Status::as_str).into(),
        Dimension::Outcome => Outcome::ALL.map(Outcome::as_str).into(),
        _ => return Ok(()),
    };
    match word.is_empty() || words.contains(&word) {
        true => Ok(()),
        false => {
            let words = words.join(", ");
            Err(format!("{name}:{word} is not known; it is one of {words}"))
        }
    }
}
