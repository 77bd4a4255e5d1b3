//! The structure of the project: allowed dependencies, the length of files, and how little a service changes.

mod arrows;
mod examples;
mod length;
mod walks;
mod words;

use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}
