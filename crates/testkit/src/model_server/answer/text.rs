//! Answers in text: a table for the well-known questions, an echo for the rest.

use super::super::request::ChatRequest;
use super::super::seed::Seed;
use super::{math, story};

/// The number of characters up to which a question is quoted.
const QUOTE: usize = 160;

const CLOSINGS: [&str; 4] = [
    "I am a local test model, so this is all I know about it.",
    "A real model would go into detail here; I only keep your tests company.",
    "Ask me about 2+2 or the meaning of life and I will do better.",
    "Point the client at a real endpoint for a real answer.",
];

pub(super) fn answer(request: &ChatRequest, seed: Seed) -> String {
    let question = request.last_of("user");
    let instructions = request.instructions();
    known(&question, &instructions).unwrap_or_else(|| echo(&question, seed))
}

fn known(question: &str, instructions: &str) -> Option<String> {
    let lower = question.to_lowercase();
    let instructions = instructions.to_lowercase();
    let dense: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(explanation) = math::explanation(&lower, &instructions) {
        return Some(explanation);
    }
    if lower.contains("step by step") && dense.contains("4*(3-1)") {
        return Some(math::steps(&instructions));
    }
    if lower.contains("50-word story") || lower.contains("50 word story") {
        return Some(story::fifty_words(&instructions).to_owned());
    }
    let answer = match () {
        () if dense.starts_with("helloworld") => {
            "Hello! It's nice to meet you. How can I help you today?"
        }
        () if dense.contains("2+2") => "2 + 2 equals 4.",
        () if lower.contains("meaning of life") => {
            "According to \"The Hitchhiker's Guide to the Galaxy\" by Douglas Adams, the answer to the ultimate \
             question of life, the universe, and everything is 42. What the question is remains open, and many \
             people find their own: the ones they love, the work they do, and what they leave a little better."
        }
        () => return None,
    };
    Some(answer.to_owned())
}

fn echo(question: &str, seed: Seed) -> String {
    let question = question.trim();
    let closing = usize::try_from(seed.mix(b"closing").between(0, 3)).unwrap_or_default();
    let closing = CLOSINGS.get(closing).copied().unwrap_or_default();
    if question.is_empty() {
        return format!("I did not find a question in your messages. {closing}");
    }
    let mut quote: String = question.chars().take(QUOTE).collect();
    if quote.len() < question.len() {
        quote.push('…');
    }
    format!("You said: \"{quote}\". {closing}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(question: &str) -> String {
        let body = serde_json::json!({"messages": [{"role": "user", "content": question}]});
        answer(&serde_json::from_value(body).unwrap(), Seed::new(1))
    }

    #[test]
    fn well_known_questions_have_their_answers() {
        assert!(ask("hello world!").starts_with("Hello!"));
        assert!(ask("what is 2+2?").contains('4'));
        assert!(ask("What is the meaning of life, the universe, and everything?").contains("42"));
    }

    #[test]
    fn anything_else_is_echoed_and_long_questions_are_cut() {
        assert!(ask("Why is the sky blue?").starts_with("You said: \"Why is the sky blue?\"."));
        assert!(ask(&"é".repeat(500)).chars().count() < 300);
        assert!(ask(" ").starts_with("I did not find a question"));
    }
}
