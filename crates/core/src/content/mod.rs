//! Which recorded content is kept, and in which form.
//!
//! A [`ContentPolicy`] is applied to every text that may hold a person's words: messages, system instructions and tool
//! definitions in the convention's shape, the provider's own request and response, and monitor attributes. By default
//! everything is kept and secrets of known shapes are masked, at the cost of one scan of the text. [`Rule`]s, a
//! redactor or a text beyond the value limit require reading the JSON; the output is JSON again, with every role, kind,
//! id, finish reason and count where it was, so that a reader sees that content was there.
//!
//! | file | what |
//! |---|---|
//! | `policy` | the policy, applied to one text |
//! | `apply` | the policy, applied to JSON |
//! | `rule` | what a rule matches: role, part, path |
//! | `part` | the field names of messages and of the provider's shapes, as a table |
//! | `rewriter` | the traversal of the JSON |
//! | `hash` | the keyed hash |
//!
//! ```
//! use spanloom_core::content::{Action, ContentPolicy, Part, Place, Rule};
//!
//! let policy = ContentPolicy::default()
//!     .with_rule(Rule::part(Part::ToolResult), Action::Drop)
//!     .with_rule(Rule::role("user"), Action::Mask)
//!     .with_rule(Rule::path("*.ssn"), Action::Mask);
//! let request = r#"{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"my name is…"}]}"#;
//! assert_eq!(
//!     policy.apply(Place::Request, request).json,
//!     r#"{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"[masked]"}]}"#
//! );
//! ```

mod apply;
mod hash;
mod part;
mod policy;
mod rewriter;
mod rule;

pub use apply::Filtered;
pub use part::{Part, Place};
pub use policy::{Action, ContentPolicy, Redacted};
pub use rule::{ContentPath, Rule};
