//! Feedback: reactions, notes, annotations, and the results of scorers.
//!
//! | file | what |
//! |---|---|
//! | `create` | `POST /feedback/create`, `/feedback/batch/create`, `/feedback/replace` |
//! | `kind` | the kinds of feedback, and what each must have |
//! | `annotation` | the schemas of annotations |
//! | `reaction` | the names of an emoji |
//! | `evaluation` | evaluations that come as OTLP events |
//! | `query` | `POST /feedback/query`, `/feedback/purge` |
//! | `of_call` | the feedback on a call, as a part of it |
//! | `shown` | feedback as clients read it |

mod annotation;
mod create;
mod evaluation;
mod kind;
mod of_call;
mod query;
mod reaction;
mod shown;

pub(super) use create::{create, create_batch, replace};
pub(crate) use evaluation::evaluation;
pub(crate) use of_call::of_call;
pub(super) use of_call::put_into;
pub(super) use query::{purge, query};
