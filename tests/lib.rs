//! What holds for the whole project. The tests are in `structure` (run always) and `real` (feature `real-parts`); this
//! library gets the programs that `real` runs against.

#[cfg(feature = "real-parts")]
pub mod parts;
