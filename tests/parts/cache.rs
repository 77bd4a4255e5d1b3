//! The cache of installed parts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fmt, io};

use super::Result;

/// An installed part.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The folder of the part.
    pub folder: PathBuf,
    /// How long the installation took; `None` if the part was already installed.
    pub took: Option<Duration>,
}

impl Installed {
    /// Returns the path of a file of the part.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }
}

/// Returns the part `name` in `version`, which `install` installs into the given folder unless it exists.
///
/// `recipe` is everything else that determines the result; a part from another recipe is installed again. Tests in
/// several processes may ask at once: one installs, the others wait.
pub(super) fn part(
    name: &str,
    version: &str,
    recipe: &str,
    install: impl FnOnce(&Path) -> Result<()>,
) -> Result<Installed> {
    let parts = cache()?.join("parts");
    let folder = parts.join(format!("{name}-{version}"));
    let made_by = folder.join("recipe");
    fs::create_dir_all(&parts)?;
    let lock = File::create(parts.join(format!("{name}.lock")))?;
    lock.lock()?;
    // Written last, so a folder with this file is complete.
    if fs::read_to_string(&made_by).is_ok_and(|by| by == recipe) {
        return Ok(Installed { folder, took: None });
    }
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir_all(&folder)?,
    }
    let begun = Instant::now();
    install(&folder)
        .map_err(|error| format!("{name} {version} could not be installed: {error}"))?;
    fs::write(made_by, recipe)?;
    Ok(Installed {
        folder,
        took: Some(begun.elapsed()),
    })
}

/// Returns the folder for files outside the work tree.
pub(super) fn cache() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env::var_os("HOME").ok_or("neither XDG_CACHE_HOME nor HOME is set")?)
            .join(".cache"),
    };
    Ok(base.join("spanloom"))
}

/// Installs npm packages in a folder, without running their scripts.
pub(super) fn npm(folder: &Path, packages: &[&str]) -> Result<()> {
    const OPTIONS: [&str; 5] = [
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ];
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(OPTIONS);
    run(npm.args(["--prefix", "."]).args(packages))
}

/// Runs a step of an installation to its end. On failure, the error is the end of its output.
pub(super) fn run(command: &mut Command) -> Result<()> {
    let line = Line(command).to_string();
    let output = command
        .output()
        .map_err(|error| format!("`{line}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "`{line}` ended with {}:\n{}",
        output.status,
        tail(&said, 30)
    )
    .into())
}

/// Returns the last `lines` lines of `text`.
pub(super) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..)
        .unwrap_or_default()
        .join("\n")
}

/// A command as typed in a shell.
struct Line<'a>(&'a Command);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.get_program().to_string_lossy())?;
        self.0
            .get_args()
            .try_for_each(|part| write!(f, " {}", part.to_string_lossy()))
    }
}
