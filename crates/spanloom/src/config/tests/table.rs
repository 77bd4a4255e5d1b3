//! The table of variables in `environment.md`, which is part of the crate's documentation.

#[cfg(feature = "otlp")]
use std::cell::RefCell;
#[cfg(feature = "otlp")]
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[cfg(feature = "otlp")]
use crate::config::Environment;

#[test]
#[cfg(feature = "otlp")]
fn it_has_every_variable_that_is_read_and_no_other() {
    let table = include_str!("../../environment.md");
    let read = RefCell::new(BTreeSet::new());
    // If nothing is set, every variable is read.
    Environment::of(|name| {
        read.borrow_mut().insert(name.to_owned());
        None
    });
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let first_cells = rows.filter_map(|row| row.split(" | ").next());
    let names: Vec<String> = first_cells
        .flat_map(|cell| cell.split(", "))
        .map(|name| name.trim_matches('`').to_owned())
        .collect();
    let distinct: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(names.len(), distinct.len(), "one row for each");
    assert_eq!(read.into_inner(), distinct);
}

#[test]
fn only_one_file_reads_the_environment() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut reading_files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            // In two parts, so that this file does not match.
            } else if fs::read_to_string(&path)
                .unwrap()
                .contains(concat!("env", "::var"))
            {
                reading_files.push(path);
            }
        }
    }
    assert_eq!(reading_files.len(), 1, "{reading_files:?}");
    assert!(
        reading_files[0].ends_with("config/mod.rs"),
        "{reading_files:?}"
    );
}
