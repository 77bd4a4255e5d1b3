//! Tests of the whole project: `structure` (always run) and `real` (feature `real-parts`). This library installs and
//! starts the programs that `real` runs against.

#[cfg(feature = "real-parts")]
pub mod parts;
