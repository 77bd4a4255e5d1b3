//! The tokens that a model's own format adds to a prompt and to an answer.
//!
//! Source: differences between the tokens of texts and the usage that OpenAI reported, in 423 recorded exchanges of
//! pydantic-ai's tests with models from `gpt-4o` to `gpt-5.6`; for a message and a prompt OpenAI's cookbook, "How to
//! count tokens with tiktoken".

use spanloom_core::Endpoint;

/// The tokens of a family of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Each prompt.
    pub(super) prompt: u64,
    /// Each message.
    pub(super) message: u64,
    /// All functions together, of chat completions and of responses.
    functions: [u64; 2],
    /// The parameters of each function of a response; of chat completions they have three.
    parameters: u64,
    /// Each earlier call of a tool in the prompt, with its result.
    pub(super) earlier_call: u64,
    /// An answer without calls.
    text: u64,
    /// An answer with one call.
    call: u64,
}

/// Models before `gpt-5`, and those of other makers, whose counts are rough for their tokenizers alone.
const FIRST: Frame = Frame {
    prompt: 3,
    message: 3,
    functions: [19, 15],
    parameters: 0,
    earlier_call: 8,
    text: 0,
    call: 7,
};
/// Models that reason, up to `gpt-5`.
const REASONING: Frame = Frame {
    prompt: 2,
    message: 3,
    functions: [103, 20],
    parameters: 3,
    earlier_call: 13,
    text: 10,
    call: 16,
};
/// Models from `gpt-5.1` on.
const NEWEST: Frame = Frame {
    functions: [103, 35],
    text: 3,
    call: 10,
    ..REASONING
};
/// An answer with several calls, and each of these.
const CALLS: u64 = 5;
const EACH_CALL: u64 = 12;

impl Frame {
    pub(super) fn of(model: Option<&str>) -> Self {
        let model = model.unwrap_or_default();
        let model = model.rsplit('/').next().unwrap_or_default();
        match model {
            _ if model.starts_with("gpt-5.") => NEWEST,
            _ if ["gpt-5", "o1", "o3", "o4"]
                .iter()
                .any(|it| model.starts_with(it)) =>
            {
                REASONING
            }
            _ => FIRST,
        }
    }

    /// Returns the tokens of all functions together, and those of each function's parameters.
    pub(super) fn functions(self, endpoint: Endpoint) -> (u64, u64) {
        let [chat, responses] = self.functions;
        match endpoint {
            Endpoint::Responses => (responses, self.parameters),
            _ => (chat, 3),
        }
    }

    /// Returns the tokens that an answer with this many calls has besides its texts.
    pub(super) fn answer(self, endpoint: Endpoint, calls: u64) -> u64 {
        let tokens = match calls {
            0 => self.text,
            1 => self.call,
            calls => CALLS + EACH_CALL.saturating_mul(calls),
        };
        match endpoint {
            Endpoint::ChatCompletions => tokens,
            Endpoint::Responses | Endpoint::FetchResponse => tokens + 1,
            Endpoint::Completions | Endpoint::Embeddings => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_their_names() {
        for (model, frame) in [
            (Some("gpt-4o-2024-08-06"), FIRST),
            (Some("openai/gpt-5-mini"), REASONING),
            (Some("o3-mini"), REASONING),
            (Some("gpt-5.4-mini"), NEWEST),
            (Some("claude-opus-4-5"), FIRST),
            (None, FIRST),
        ] {
            assert_eq!(Frame::of(model), frame, "{model:?}");
        }
    }
}
