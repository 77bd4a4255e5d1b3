//! Finds the API of bodies without a path: records of other clients have none.

use crate::Endpoint;
use crate::json::Node;

/// Returns the endpoint of a request and its answer, judged by their members; a missing one is `null`.
///
/// `operation` is the record's `gen_ai.operation.name`: an embedding request looks like a request of the Responses API.
#[must_use]
pub fn endpoint(operation: Option<&str>, request: Node<'_>, answer: Node<'_>) -> Option<Endpoint> {
    let [messages, prompt, input] = request.pick(["messages", "prompt", "input"]);
    let [choices, output, data] = answer.pick(["choices", "output", "data"]);
    let is_list = |node: Option<Node<'_>>| node.is_some_and(Node::is_list);
    let first = choices.and_then(|choices| choices.items().next());
    let continues = first.is_some_and(|choice| choice.get("text").is_some());
    let is_response = answer
        .get("object")
        .is_some_and(|object| object.is("response"));
    if operation == Some("embeddings") || (is_list(data) && messages.is_none()) {
        Some(Endpoint::Embeddings)
    } else if is_list(messages) {
        Some(Endpoint::ChatCompletions)
    } else if continues || prompt.is_some_and(|prompt| prompt.is_text() || prompt.is_list()) {
        Some(Endpoint::Completions)
    } else if is_list(choices) {
        Some(Endpoint::ChatCompletions)
    } else if operation == Some("fetch_response") {
        Some(Endpoint::FetchResponse)
    } else if is_list(output) && (is_response || input.is_some())
        || input.is_some_and(|input| input.is_text() || input.is_list())
            && request.get("model").is_some()
    {
        Some(Endpoint::Responses)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    #[test]
    fn bodies_say_what_they_are() {
        use Endpoint::{ChatCompletions, Completions, Embeddings, FetchResponse, Responses};
        for (operation, request, answer, expected) in [
            (None, r#"{"messages":[]}"#, "null", Some(ChatCompletions)),
            (
                None,
                "{}",
                r#"{"choices":[{"message":{}}]}"#,
                Some(ChatCompletions),
            ),
            (None, r#"{"prompt":"a"}"#, "null", Some(Completions)),
            (
                None,
                "{}",
                r#"{"choices":[{"text":"a"}]}"#,
                Some(Completions),
            ),
            (
                None,
                r#"{"model":"m","input":"a"}"#,
                "null",
                Some(Responses),
            ),
            (
                None,
                r#"{"input":[{}]}"#,
                r#"{"output":[]}"#,
                Some(Responses),
            ),
            (
                None,
                "{}",
                r#"{"object":"response","output":[]}"#,
                Some(Responses),
            ),
            (
                Some("fetch_response"),
                "{}",
                r#"{"output":[]}"#,
                Some(FetchResponse),
            ),
            (
                Some("embeddings"),
                r#"{"model":"m","input":"a"}"#,
                "null",
                Some(Embeddings),
            ),
            (
                None,
                r#"{"model":"m","input":"a"}"#,
                r#"{"data":[{}]}"#,
                Some(Embeddings),
            ),
            (None, r#"{"input":"a"}"#, r#""b""#, None),
            (None, r#"{"x":1}"#, "5", None),
            (Some("execute_tool"), "{}", "null", None),
        ] {
            let [request, answer] = [request, answer].map(|json| Document::read(json.as_bytes()));
            let found = endpoint(operation, request.root(), answer.root());
            assert_eq!(found, expected, "{request:?} {answer:?}");
        }
    }
}
