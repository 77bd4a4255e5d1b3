//! The environment, as all commands read it.

use std::path::PathBuf;

/// A path that a variable names; none for one that is empty.
pub(crate) fn path(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}
