//! axe-core, checks of accessibility that run in a page (npm).

use super::Result;
use super::cache::{Installed, npm, part};

/// The version of `axe-core`.
pub const VERSION: &str = "4.14.1";

/// Installs axe-core.
///
/// # Errors
/// When npm fails.
pub fn install() -> Result<Installed> {
    let package = format!("axe-core@{VERSION}");
    part("axe", VERSION, &package, |folder| npm(folder, &[&package]))
}

/// Returns the script.
///
/// # Errors
/// When it is not installed.
pub fn script() -> Result<String> {
    let path = install()?.path("node_modules/axe-core/axe.min.js");
    Ok(std::fs::read_to_string(path)?)
}

/// Checks that the script is there.
///
/// # Errors
/// When it is not.
pub fn answers() -> Result<()> {
    match script()?.contains(VERSION) {
        true => Ok(()),
        false => Err("the script is of another version".into()),
    }
}
