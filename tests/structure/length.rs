//! A file has one subject and fits on a few screens.

use std::fs;
use std::path::{Path, PathBuf};

/// The maximum lines of code, not counting tests and documentation.
const LONGEST: usize = 400;

pub(super) fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !["target", "node_modules", "dist"]
                .iter()
                .any(|skipped| name == *skipped)
            {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn lines_of_code(text: &str) -> usize {
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    code.lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"))
        .count()
}

#[test]
fn no_source_file_is_longer_than_a_few_screens() {
    let mut found = Vec::new();
    sources(&super::root().join("crates"), &mut found);
    assert!(
        found.len() > 50,
        "the sources are where they were looked for"
    );
    let of_tests = |path: &PathBuf| path.file_name().is_some_and(|name| name == "tests.rs");
    for path in found.into_iter().filter(|path| !of_tests(path)) {
        let lines = lines_of_code(&fs::read_to_string(&path).unwrap());
        assert!(
            lines <= LONGEST,
            "{} has {lines} lines: has a second subject moved in?",
            path.display()
        );
    }
}

#[test]
fn the_program_begins_on_one_screen() {
    let main = fs::read_to_string(super::root().join("crates/cli/src/main.rs")).unwrap();
    assert!(main.lines().count() <= 60);
}
