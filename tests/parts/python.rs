//! Packages from PyPI, each set in an environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Result;
use super::cache::{Installed, part, run};

/// What the packages bring along.
const CONSTRAINTS: &str = include_str!("constraints.txt");

/// An environment named `name` that has `packages`, the first of them in `version`.
pub(super) fn environment(name: &str, version: &str, packages: &[&str]) -> Result<Installed> {
    let recipe = format!("{}\n{CONSTRAINTS}", packages.join("\n"));
    part(name, version, &recipe, |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let constraints = folder.join("constraints.txt");
        fs::write(&constraints, CONSTRAINTS)?;
        run(Command::new(folder.join("bin/pip"))
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--constraint",
            ])
            .arg(constraints)
            .args(packages))
    })
}

/// The interpreter of an environment, told to run `script`.
pub(super) fn python(environment: &Installed, script: &Path) -> Command {
    let mut command = Command::new(environment.path("bin/python"));
    command.arg(script);
    command
}

/// Where an environment's packages are.
pub(super) fn packages(environment: &Installed) -> Result<PathBuf> {
    let python = fs::read_dir(environment.path("lib"))?
        .next()
        .ok_or("an environment without a Python")??;
    Ok(python.path().join("site-packages"))
}
