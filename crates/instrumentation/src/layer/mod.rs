//! The tower layer that observes calls.
//!
//! It stands outside async-openai's retry layer and below its API: one pass through it is one logical call.
//!
//! | file | what |
//! |---|---|
//! | `builder` | how a layer is made |
//! | `service` | the tower service, and the future of one call |
//! | `attempt` | what is read off each HTTP request, without changing it |
//! | `body` | the tap on the answer's body |
//! | `guard` | the open call: ends it once, whatever happens |
//! | `provider` | who answers at a host |

mod attempt;
mod body;
mod builder;
mod failure;
mod guard;
mod provider;
mod service;

pub use builder::{GenAiLayer, GenAiLayerBuilder, ParentPolicy, Parenting, Stack};
pub use service::GenAiService;
