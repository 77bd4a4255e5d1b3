//! Token counts where the provider sent none: an estimate, and marked as one.

use serde::Deserialize as _;
use serde_json::Value;
use spanloom_core::{Usage, UsageSource};
use tiktoken_rs::{CoreBPE, bpe_for_model, o200k_base_singleton};

/// Longest text that is tokenised, in bytes; a longer one is counted in proportion to its head. Tokenising takes time,
/// and the recorder has other calls to read.
const COUNTED_BYTES: usize = 256 << 10;

/// Tokens OpenAI's chat format adds to a message, and to the whole prompt. Source: OpenAI cookbook, "How to count
/// tokens with tiktoken".
const PER_MESSAGE: u64 = 3;
const PER_PROMPT: u64 = 3;

/// Counts a chat request and the text of its answer with the model's tokenizer, or with OpenAI's newest when the
/// model's is not known.
pub(crate) fn usage(request: &[u8], model: Option<&str>, answer: &str) -> Usage {
    let bpe = tokenizer(model);
    Usage {
        input_tokens: prompt_tokens(bpe, request),
        output_tokens: Some(count(bpe, answer)),
        source: Some(UsageSource::Estimated),
        ..Usage::default()
    }
}

fn tokenizer(model: Option<&str>) -> &'static CoreBPE {
    model
        .and_then(|model| bpe_for_model(model).ok())
        .unwrap_or_else(|| o200k_base_singleton())
}

fn prompt_tokens(bpe: &CoreBPE, request: &[u8]) -> Option<u64> {
    let request: Value = serde_json::from_slice(request).ok()?;
    let messages = Vec::<Value>::deserialize(request.get("messages")?).ok()?;
    let texts = messages
        .iter()
        .map(|message| PER_MESSAGE + text_tokens(bpe, message))
        .sum::<u64>();
    let tools = request
        .get("tools")
        .map_or(0, |tools| count(bpe, &tools.to_string()));
    Some(texts + tools + PER_PROMPT)
}

/// Tokens of every string in a message except the ids and types that frame it.
fn text_tokens(bpe: &CoreBPE, value: &Value) -> u64 {
    match value {
        Value::String(text) => count(bpe, text),
        Value::Array(items) => items.iter().map(|item| text_tokens(bpe, item)).sum(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| {
                !matches!(
                    name.as_str(),
                    "id" | "type" | "tool_call_id" | "image_url" | "input_audio" | "file"
                )
            })
            .map(|(_, field)| text_tokens(bpe, field))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn count(bpe: &CoreBPE, text: &str) -> u64 {
    let mut end = COUNTED_BYTES.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let (head, tail) = text.split_at(end);
    let tokens = u64::try_from(bpe.encode_ordinary(head).len()).unwrap_or(u64::MAX);
    if tail.is_empty() || head.is_empty() {
        return tokens;
    }
    let (head, all) = (
        u64::try_from(head.len()).unwrap_or(1),
        u64::try_from(text.len()).unwrap_or(1),
    );
    tokens.saturating_mul(all) / head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_openai_does() {
        // "hello world!" is 3 tokens, the role 1, the framing of one message 3, of the prompt 3.
        let request =
            br#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello world!"}]}"#;
        let usage = usage(request, Some("gpt-4o-mini"), "Hello!");
        assert_eq!(
            (usage.input_tokens, usage.output_tokens),
            (Some(10), Some(2))
        );
        assert_eq!(usage.source, Some(UsageSource::Estimated));
    }

    #[test]
    fn an_unreadable_prompt_stays_unknown() {
        let usage = usage(b"", None, "word");
        assert_eq!((usage.input_tokens, usage.output_tokens), (None, Some(1)));
    }
}
