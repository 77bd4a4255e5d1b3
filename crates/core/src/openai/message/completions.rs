//! A prompt and its continuations.

use serde::Deserialize;
use serde_json::Value;

use super::{finish_reason, part};

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    text: String,
    #[serde(default)]
    finish_reason: Option<String>,
}

/// One message for each prompt that is a text; prompts of token numbers say nothing to a reader.
pub(super) fn input(prompt: &Value) -> Vec<Value> {
    let prompts = match prompt {
        Value::Array(prompts) => prompts.as_slice(),
        prompt => std::slice::from_ref(prompt),
    };
    let texts = prompts.iter().filter_map(Value::as_str);
    let message = |text| Value::Object(part::message("user", vec![part::text(text)]));
    texts.map(message).collect()
}

pub(super) fn output(body: &[u8]) -> Option<Vec<Value>> {
    let response: Response = serde_json::from_slice(body).ok()?;
    let messages = response.choices.iter().map(|choice| {
        let mut message = part::message("assistant", vec![part::text(&choice.text)]);
        let reason = finish_reason(choice.finish_reason.as_deref());
        message.insert("finish_reason".to_owned(), reason.into());
        Value::Object(message)
    });
    Some(messages.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn prompts_are_the_users_and_texts_the_assistants() {
        let one = input(&json!("Once"));
        assert_eq!(
            Value::from(one),
            json!([{"role":"user","parts":[{"type":"text","content":"Once"}]}])
        );
        assert_eq!(input(&json!(["a", "b"])).len(), 2);
        assert_eq!(input(&json!([1, 2])), Vec::<Value>::new());
        let answer =
            output(br#"{"choices":[{"text":" upon","index":0,"finish_reason":"length"}]}"#);
        assert_eq!(
            Value::from(answer.unwrap()),
            json!([{"role":"assistant","parts":[{"type":"text","content":" upon"}],"finish_reason":"length"}])
        );
    }
}
