//! The environment, read in the same way by all commands.

use std::path::PathBuf;

/// Returns the path that a variable names; `None` if the variable is unset or empty.
pub(crate) fn path(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}
