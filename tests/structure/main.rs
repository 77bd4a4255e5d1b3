//! The structure of the project: which crate may know which, how long a file may be, and how little a service changes.

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
