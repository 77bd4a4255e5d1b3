//! The readable form of a call: its record with what clients ask for besides.
//!
//! | file | what |
//! |---|---|
//! | `form` | what a client asks for |
//! | `native` | calls of our own recorders, in the words of W&B's clients |
//! | `otel` | calls that came as spans |
//! | `summary` | what Weave derives from a call |
//! | `costs` | the costs of a call's models |
//! | `expand` | references in a call, replaced by what they refer to |
//! | `shown` | a call as it is written |

mod costs;
mod expand;
mod form;
pub(super) mod native;
mod otel;
mod shown;
mod summary;

pub(super) use costs::ProjectPrices;
pub(super) use expand::expand;
pub(super) use form::{Form, Presenter};
pub(super) use shown::Shown;
pub(crate) use summary::present;

pub(crate) use costs::add_costs;
