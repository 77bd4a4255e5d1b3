//! The tower layer that observes calls.
//!
//! It stands outside async-openai's retry layer and below its API: one pass through it is one logical call.
//!
//! | file | what |
//! |---|---|
//! | `builder` | how a layer is made |
//! | `config` | its settings, which all it makes share |
//! | `parent` | how a call's span relates to the span it is made in |
//! | `service` | the tower service, and the future of one call |
//! | `attempt` | what is read off each HTTP request, without changing it |
//! | `body` | the tap on the answer's body |
//! | `guard` | the open call, as its driver holds it: ends it once, whatever happens |
//! | `running` | what is observed of it meanwhile |
//! | `outgoing` | what is changed on a request, for those who ask for it |
//! | `http_span` | a plain span for calls that are no model calls |

mod attempt;
mod body;
mod builder;
mod config;
mod failure;
mod guard;
mod http_span;
mod outgoing;
mod parent;
mod running;
mod service;

pub use builder::{GenAiLayer, GenAiLayerBuilder, Stack};
pub use parent::{ParentKind, ParentPolicy};
pub use service::GenAiService;
