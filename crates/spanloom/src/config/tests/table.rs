//! The table of variables in the crate's documentation.

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
    let first = rows.filter_map(|row| row.split(" | ").next());
    let names: Vec<String> = first
        .flat_map(|cell| cell.split(", "))
        .map(|name| name.trim_matches('`').to_owned())
        .collect();
    let distinct: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(names.len(), distinct.len(), "one row for each");
    assert_eq!(read.into_inner(), distinct);
}

#[test]
fn nothing_is_read_elsewhere() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut reading = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read_to_string(&path)
                .unwrap()
                .contains(concat!("env", "::var"))
            {
                reading.push(path);
            }
        }
    }
    assert_eq!(reading.len(), 1, "{reading:?}");
    assert!(reading[0].ends_with("config/mod.rs"), "{reading:?}");
}
