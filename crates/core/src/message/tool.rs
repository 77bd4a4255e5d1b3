//! The tools a request offers.

use super::Text;
use crate::json::Node;

/// A tool that was offered: no more than is listed here, since a remote tool is sent with the credentials it needs.
#[derive(Clone, Debug)]
pub struct ToolDefinition<'d> {
    /// `function`, or what the provider calls the kind.
    pub kind: Text<'d>,
    /// As the model calls it.
    pub name: Text<'d>,
    /// For the model.
    pub description: Option<Node<'d>>,
    /// A JSON schema.
    pub parameters: Option<Node<'d>>,
}
