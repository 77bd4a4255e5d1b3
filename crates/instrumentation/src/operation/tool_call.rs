//! The call of a tool in a model's answer.

use async_openai::types::chat::ChatCompletionMessageToolCall;
#[cfg(feature = "responses")]
use async_openai::types::responses::FunctionToolCall;

use super::Operation;
use super::kind::Tool;
use crate::layer::GenAiLayer;

/// The call of a tool that a model asks for in its answer. Implemented for the calls of async-openai: those of chat
/// completions, and with the feature `responses` those of the Responses API.
pub trait ToolCall {
    /// Returns the id by which the tool's result refers to the call.
    fn id(&self) -> &str;
    /// Returns the name of the tool.
    fn name(&self) -> &str;
    /// Returns the arguments, as JSON.
    fn arguments(&self) -> &str;
}

impl ToolCall for ChatCompletionMessageToolCall {
    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.function.name
    }

    fn arguments(&self) -> &str {
        &self.function.arguments
    }
}

#[cfg(feature = "responses")]
impl ToolCall for FunctionToolCall {
    fn id(&self) -> &str {
        &self.call_id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn arguments(&self) -> &str {
        &self.arguments
    }
}

impl GenAiLayer {
    /// Returns the call of a tool as a model's answer has it: with its name, id and, if content is recorded, arguments.
    pub fn tool_call(&self, call: &(impl ToolCall + ?Sized)) -> Operation<Tool> {
        self.tool(call.name())
            .call_id(call.id())
            .arguments(call.arguments())
    }
}
