//! Packages from PyPI, each set in a separate environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Result;
use super::cache::{Installed, part, run};

/// The versions of the packages' dependencies.
const CONSTRAINTS: &str = include_str!("constraints.txt");

/// Returns an environment `name` with `packages`, the first of them in `version`. If it is `pinned`, dependencies have
/// the versions of the constraints; a version given in `packages` overrides these.
pub(super) fn environment(
    name: &str,
    version: &str,
    packages: &[&str],
    pinned: bool,
) -> Result<Installed> {
    let named = |constraint: &&str| {
        let package = constraint
            .split("==")
            .next()
            .map(|name| format!("{name}=="));
        package.is_some_and(|own| packages.iter().any(|package| package.starts_with(&own)))
    };
    let lines = CONSTRAINTS.split_inclusive('\n');
    let constraints: String = lines.filter(|line| pinned && !named(line)).collect();
    let recipe = format!("{}\n{constraints}", packages.join("\n"));
    part(name, version, &recipe, |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let file = folder.join("constraints.txt");
        fs::write(&file, &constraints)?;
        run(Command::new(folder.join("bin/pip"))
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--constraint",
            ])
            .arg(file)
            .args(packages))
    })
}

/// Returns a command of an environment's interpreter that runs `script`.
pub(super) fn python(environment: &Installed, script: &Path) -> Command {
    let mut command = Command::new(environment.path("bin/python"));
    command.arg(script);
    command
}

/// Returns the folder of an environment's packages.
pub(super) fn packages(environment: &Installed) -> Result<PathBuf> {
    let python = fs::read_dir(environment.path("lib"))?
        .next()
        .ok_or("an environment without a Python")??;
    Ok(python.path().join("site-packages"))
}
