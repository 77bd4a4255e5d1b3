//! Tests of the whole project: `structure` (always run) and `real` (feature `real-parts`). This library installs and
//! starts the programs that `real` runs against.

#[cfg(feature = "real-parts")]
pub mod parts;

/// The lines that the board shows for a new service compile.
#[cfg(doctest)]
#[doc = "```no_run"]
#[doc = "# fn main() -> Result<(), spanloom::Error> {"]
#[doc = include_str!("../crates/server/board/src/setup/service.rs")]
#[doc = "# Ok(()) }"]
#[doc = "```"]
struct SetupLines;
