//! A prompt and its continuations.

use super::finish_reason;
use crate::json::Node;
use crate::message::{Message, Part};

/// Returns one message for each prompt that is a text; prompts of token numbers mean nothing to a reader.
pub(super) fn input(prompt: Node<'_>) -> Vec<Message<'_>> {
    let one = prompt.is_text().then_some(prompt);
    let texts = one.into_iter().chain(prompt.items());
    let texts = texts.filter(|prompt| prompt.is_text());
    texts
        .map(|text| Message::new("user", vec![Part::Text(text.into())]))
        .collect()
}

pub(super) fn output(body: Node<'_>) -> Vec<Message<'_>> {
    let choices = body.get("choices").map(Node::items);
    let answers = choices.into_iter().flatten().map(|choice| {
        let text = choice.get("text").filter(|text| text.is_text());
        let reason = choice.get("finish_reason").and_then(Node::text);
        let text = Part::Text(text.map_or_else(|| "".into(), Into::into));
        Message {
            finish_reason: Some(finish_reason(reason)),
            ..Message::new("assistant", vec![text])
        }
    });
    answers.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::json::Document;
    use crate::message::to_json;

    fn asked(prompt: &str) -> Value {
        let json = to_json(&input(Document::read(prompt.as_bytes()).root()));
        json.map_or(Value::Null, |json| serde_json::from_str(&json).unwrap())
    }

    #[test]
    fn prompts_are_the_users_and_texts_the_assistants() {
        assert_eq!(
            asked(r#""Once""#),
            json!([{"role":"user","parts":[{"type":"text","content":"Once"}]}])
        );
        assert_eq!(asked(r#"["a","b"]"#).as_array().unwrap().len(), 2);
        assert_eq!(asked("[1,2]"), Value::Null);
        let answer = br#"{"choices":[{"text":" upon","index":0,"finish_reason":"length"}]}"#;
        let answer = to_json(&output(Document::read(answer).root())).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&answer).unwrap(),
            json!([{"role":"assistant","parts":[{"type":"text","content":" upon"}],"finish_reason":"length"}])
        );
    }
}
