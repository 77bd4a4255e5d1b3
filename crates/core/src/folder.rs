//! The folder for a user's spanloom data.

use std::path::PathBuf;

/// Returns `spanloom` in the user's data folder: `XDG_DATA_HOME`, else `~/.local/share`. `variable` reads an
/// environment variable and returns `None` for an empty one. Source: XDG Base Directory Specification 0.8.
#[must_use]
pub fn data_folder(variable: impl Fn(&'static str) -> Option<PathBuf>) -> Option<PathBuf> {
    let home = || Some(variable("HOME")?.join(".local/share"));
    let data = variable("XDG_DATA_HOME").or_else(home)?;
    Some(data.join("spanloom"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_goes_before_home() {
        let folder = |data: Option<&str>, home: Option<&str>| {
            data_folder(|name| match name {
                "XDG_DATA_HOME" => data.map(PathBuf::from),
                _ => home.map(PathBuf::from),
            })
        };
        assert_eq!(folder(Some("/d"), Some("/h")), Some("/d/spanloom".into()));
        let home = Some("/h/.local/share/spanloom".into());
        assert_eq!(folder(None, Some("/h")), home);
        assert_eq!(folder(None, None), None);
    }
}
