//! Which recorded content is kept, and in which form: a [`ContentPolicy`] of [`Rule`]s by role, part and path.
//!
//! ```
//! use spanloom::Monitor;
//! use spanloom::content::{Action, ContentPolicy, Mask, Part, Rule};
//!
//! let policy = ContentPolicy::default()
//!     .with_rule(Rule::part(Part::ToolResult), Action::Drop)
//!     .with_rule(Rule::path("*.ssn"), Action::Mask)
//!     .with_secrets(Mask::default().with_emails());
//! let builder = Monitor::builder("acme/chatbot/openai_logs").with_content_policy(policy);
//! # drop(builder);
//! ```

pub use spanloom_instrumentation::{
    Action, ContentPath, ContentPolicy, Mask, Part, Place, Redacted, Rule,
};
