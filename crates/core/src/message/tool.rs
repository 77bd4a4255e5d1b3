//! The tools a request offers.

use super::Text;
use crate::json::Node;

/// A tool that was offered: limited to these fields, because a remote tool is sent with the credentials it needs.
#[derive(Clone, Debug)]
pub struct ToolDefinition<'d> {
    /// `function`, or the provider's word for the kind.
    pub kind: Text<'d>,
    /// The name by which the model calls the tool.
    pub name: Text<'d>,
    /// The description for the model.
    pub description: Option<Node<'d>>,
    /// The parameters, as a JSON schema.
    pub parameters: Option<Node<'d>>,
}
