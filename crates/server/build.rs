//! Builds the board's pages with Node and hands their folder to the program, which embeds it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What the pages are made from, below `board`.
const SOURCES: [&str; 7] = [
    "src",
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
    ".npmrc",
];

fn main() {
    println!("cargo::rustc-check-cfg=cfg(spanloom_board)");
    println!("cargo::rerun-if-env-changed=SPANLOOM_BOARD_DIST");
    println!("cargo::rerun-if-env-changed=DOCS_RS");
    for source in SOURCES {
        println!("cargo::rerun-if-changed=board/{source}");
    }
    // docs.rs has no network, and the documentation needs no pages.
    if env::var_os("CARGO_FEATURE_BOARD").is_none() || env::var_os("DOCS_RS").is_some() {
        return;
    }
    let built = match env::var_os("SPANLOOM_BOARD_DIST") {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => build(),
    };
    match built {
        Ok(folder) => {
            println!("cargo::rustc-env=SPANLOOM_BOARD={}", folder.display());
            println!("cargo::rustc-cfg=spanloom_board");
        }
        Err(error) => println!("cargo::error={error}"),
    }
}

/// Builds in a copy, so that nothing appears among the sources; its packages stay for the next time.
fn build() -> Result<PathBuf, String> {
    let variable = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or(format!("{name} is not set"))
    };
    let sources = variable("CARGO_MANIFEST_DIR")?.join("board");
    let out = variable("OUT_DIR")?;
    let (copy, dist) = (out.join("board-build"), out.join("board"));
    for source in SOURCES {
        let copied = remove(&copy.join(source))
            .and_then(|()| copy_all(&sources.join(source), &copy.join(source)));
        copied.map_err(|error| format!("cannot copy board/{source}: {error}"))?;
    }
    let lock = fs::read(copy.join("package-lock.json")).map_err(|error| error.to_string())?;
    let installed = copy.join("installed-lock.json");
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        npm(
            &copy,
            &[
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ],
        )?;
        fs::write(&installed, lock).map_err(|error| error.to_string())?;
    }
    let folder = dist.to_str().ok_or("the build folder's path is no text")?;
    npm(
        &copy,
        &[
            "run",
            "--silent",
            "build",
            "--",
            "--outDir",
            folder,
            "--emptyOutDir",
            "--logLevel",
            "error",
        ],
    )?;
    Ok(dist)
}

fn npm(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    const REMEDY: &str = "the board needs Node 20 or newer with npm; install it, or build without the feature `board`, \
        or name a ready-made folder by SPANLOOM_BOARD_DIST";
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.map_err(|error| format!("cannot run npm: {error}; {REMEDY}"))?;
    if output.status.success() {
        return Ok(());
    }
    // The end of what it said is where the reason is.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let end: Vec<&str> = said.lines().rev().take(15).collect();
    let end = end.into_iter().rev().collect::<Vec<_>>().join(" | ");
    Err(format!(
        "npm {} failed: {end}; {REMEDY}",
        arguments.first().unwrap_or(&"")
    ))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
