//! Where installed parts are kept.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fmt, io};

use super::Result;

/// A part that is there.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The folder it is in.
    pub folder: PathBuf,
    /// How long it took to install; `None` when it had been there.
    pub took: Option<Duration>,
}

impl Installed {
    /// A file of the part.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }
}

/// The part `name` in `version`, installed by `install` into the folder it is given unless it is there already.
///
/// `recipe` is what else decides the result; a part that was made by another recipe is made anew. Tests in several
/// processes may ask at once: one installs, the others wait.
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
    // Written last, so a folder that has it is whole.
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

/// What this project keeps outside its work tree.
pub(super) fn cache() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env::var_os("HOME").ok_or("neither XDG_CACHE_HOME nor HOME is set")?)
            .join(".cache"),
    };
    Ok(base.join("spanloom"))
}

/// Installs packages of npm in a folder, without what they would run.
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

/// Runs a step of an installation to its end. Its last words are the error when it fails.
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

/// The last `lines` lines of `text`.
pub(super) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..)
        .unwrap_or_default()
        .join("\n")
}

/// A command as one would type it.
struct Line<'a>(&'a Command);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.get_program().to_string_lossy())?;
        self.0
            .get_args()
            .try_for_each(|part| write!(f, " {}", part.to_string_lossy()))
    }
}
