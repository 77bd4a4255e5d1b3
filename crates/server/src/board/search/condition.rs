//! Terms as conditions on calls.

use super::{Field, Glob, Search, Term, What};
use crate::board::property::{NOWHERE, code, value};
use crate::store::question::{Dimension, Filter};
use crate::store::{Code, Memory};

impl Search {
    /// Adds the conditions on fields to a filter, but for those on one property.
    pub(in crate::board) fn narrow<'a>(
        &'a self,
        filter: Filter<'a>,
        without: Option<Dimension>,
        memory: &'a Memory,
    ) -> Filter<'a> {
        let terms = self.terms.iter();
        let terms = terms.filter(|term| without.is_none() || term.of(memory) != without);
        terms.fold(filter, |filter, term| term.narrow(filter, memory))
    }

    /// Returns the attributes in the search, by their paths.
    pub(in crate::board) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter_map(|term| match &term.what {
            What::Values(Field::Attribute(path), _) | What::Has(Field::Attribute(path)) => {
                Some(path.as_str())
            }
            _ => None,
        })
    }
}

impl Term {
    /// Returns the property that the term is about.
    fn of(&self, memory: &Memory) -> Option<Dimension> {
        match &self.what {
            What::Values(field, _) | What::Has(field) => Some(field.dimension(memory)),
            What::Words(_) | What::InRange(..) | What::Known(_) => None,
        }
    }

    fn narrow<'a>(&'a self, filter: Filter<'a>, memory: &'a Memory) -> Filter<'a> {
        let is_excluded = self.is_excluded;
        match &self.what {
            // The content is read apart.
            What::Words(_) => filter,
            What::Has(field) => filter.with(field.dimension(memory), move |code| {
                code.is_some() != is_excluded
            }),
            What::Known(number) => {
                filter.with_number(*number, move |value| value.is_some() != is_excluded)
            }
            What::InRange(number, range) => filter.with_number(*number, move |value| {
                value.is_some_and(|value| range.contains(value)) != is_excluded
            }),
            What::Values(field, globs) => {
                let of = field.dimension(memory);
                let values = Values::of(globs, of, memory);
                filter.with(of, move |code| values.contain(code) != is_excluded)
            }
        }
    }
}

impl Field {
    fn dimension(&self, memory: &Memory) -> Dimension {
        match self {
            Self::Property(of) => *of,
            Self::Attribute(path) => Dimension::Attribute(memory.dictionary.code(path)),
        }
    }
}

/// The values that a term asks for: texts by their code, patterns by the text.
struct Values<'a> {
    of: Dimension,
    codes: Vec<Option<Code>>,
    patterns: Vec<&'a Glob>,
    memory: &'a Memory,
}

impl<'a> Values<'a> {
    fn of(globs: &'a [Glob], of: Dimension, memory: &'a Memory) -> Self {
        let mut values = Self {
            of,
            codes: Vec::new(),
            patterns: Vec::new(),
            memory,
        };
        for glob in globs {
            match glob {
                Glob::Is(text) => values.codes.push(code(of, text, memory)),
                Glob::Parts(_) => values.patterns.push(glob),
            }
        }
        values.codes.retain(|code| *code != Some(NOWHERE));
        values
    }

    fn contain(&self, code: Option<Code>) -> bool {
        let text = || value(self.of, code, self.memory);
        self.codes.contains(&code)
            || (code.is_some() && self.patterns.iter().any(|glob| glob.matches(text())))
    }
}
