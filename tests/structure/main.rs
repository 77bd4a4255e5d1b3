//! The structure of the project: which crate may know which, and how long a file may be.

mod arrows;
mod length;

use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}
