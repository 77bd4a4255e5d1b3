//! Generated answers, cut anywhere and ended in any way: the caller receives the same with the layer as without it, and
//! every call is one span.
//!
//! In memory: the service under the layer answers with a scripted body, so that ten thousand calls take seconds.

mod end;
mod generate;
mod model;
mod same;
mod script;

pub(crate) use script::{Ending, Script, Scripts};
