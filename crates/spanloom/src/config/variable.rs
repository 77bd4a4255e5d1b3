//! An environment variable with its name, so that its faults can be reported.

use std::fmt;

use super::Secret;
use crate::error::{ErrorKind, Fault, Origin};

/// A variable that is set. The `Debug` output shows only the name, as even an address may hold a key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    name: &'static str,
    value: Secret,
}

impl Variable {
    pub(crate) fn text(&self) -> &str {
        self.value.expose()
    }

    pub(crate) fn secret(&self) -> Secret {
        self.value.clone()
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::Variable(self.name)
    }

    pub(crate) fn fault(&self, kind: ErrorKind, why: impl Into<String>) -> Fault {
        Fault::new(kind, self.origin(), why)
    }

    /// Returns the value as a message may show it. Only for variables that never hold a key, such as one of a few words
    /// or a path.
    pub(crate) fn word(&self) -> String {
        let shown: String = self.text().chars().take(100).collect();
        format!("{shown:?}")
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        self.text().eq_ignore_ascii_case(word)
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:?}", self.name, self.value)
    }
}

/// The source of variables: the process's environment, or the values of a test.
pub(crate) struct Variables<'a>(pub(crate) &'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// Returns the variable, trimmed; an empty variable counts as unset.
    pub(crate) fn get(&self, name: &'static str) -> Option<Variable> {
        let value = (self.0)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| Variable {
            name,
            value: Secret::new(value),
        })
    }

    /// Returns the first variable that is set: the specific variable overrides the general.
    pub(crate) fn first(&self, names: [&'static str; 2]) -> Option<Variable> {
        names.into_iter().find_map(|name| self.get(name))
    }

    /// Returns whether the variable is `1`, `true`, `yes` or `on`, the words of W&B's clients. OpenTelemetry knows only
    /// `true`.
    pub(crate) fn is_on(&self, name: &'static str) -> bool {
        let words = ["1", "true", "yes", "on"];
        self.get(name)
            .is_some_and(|variable| words.iter().any(|word| variable.is(word)))
    }

    /// Returns whether the variable selects the exporter `none`.
    pub(crate) fn is_set_to_none(&self, name: &'static str) -> bool {
        self.get(name).is_some_and(|variable| variable.is("none"))
    }
}
