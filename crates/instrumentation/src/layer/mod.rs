//! The tower layer that observes calls.
//!
//! It is outside async-openai's retry layer and below its API: one pass through this layer is one logical call.
//!
//! | file | contents |
//! |---|---|
//! | `builder` | the builder of a layer |
//! | `config` | the settings shared by everything that a layer creates |
//! | `parent` | how a call's span relates to the surrounding span |
//! | `enclosing` | the operations around a call |
//! | `service` | the tower service, and the future of one call |
//! | `attempt` | the data read from each HTTP request, without changing it |
//! | `body` | the tap on the answer's body |
//! | `guard` | the open call, as held by its driver: ended once, whatever happens |
//! | `running` | the data observed while the call runs |
//! | `outgoing` | optional changes to a request |
//! | `http_span` | a plain span for calls that are not model calls |

mod attempt;
mod body;
mod builder;
mod config;
mod enclosing;
mod failure;
mod guard;
mod http_span;
mod outgoing;
mod parent;
mod running;
mod service;

pub use builder::{GenAiLayer, GenAiLayerBuilder, Stack};
pub(crate) use config::Config;
pub(crate) use enclosing::{AgentRun, Enclosing, parent};
pub(crate) use parent::outer_span;
pub use parent::{ParentKind, ParentPolicy};
pub use service::GenAiService;
