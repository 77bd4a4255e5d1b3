//! The answer after the client's tools have run.

use serde_json::Value;

use super::super::request::{ChatRequest, Message};

/// Reports the latest tool results in a sentence each; `None` when the last message is not from a tool.
pub(super) fn report(request: &ChatRequest) -> Option<String> {
    let messages = request.messages();
    let results: Vec<&Message> = messages
        .iter()
        .rev()
        .take_while(|message| message.role == "tool")
        .collect();
    let sentence = |result: &&Message| {
        let id = result.tool_call_id.as_deref();
        let call = messages
            .iter()
            .flat_map(Message::tool_calls)
            .find(|call| Some(call.id.as_str()) == id);
        let tool = call.map_or("the tool", |call| call.function.name.as_str());
        format!("According to {tool}: {}.", readable(&result.text()))
    };
    (!results.is_empty()).then(|| {
        results
            .iter()
            .rev()
            .map(sentence)
            .collect::<Vec<_>>()
            .join(" ")
    })
}

/// Formats a JSON object as `temperature 22, unit celsius`, and returns anything else unchanged.
fn readable(result: &str) -> String {
    let plain = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    match serde_json::from_str(result) {
        Ok(Value::Object(members)) => members
            .iter()
            .map(|(key, value)| format!("{key} {}", plain(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Ok(other) => plain(&other),
        Err(_) => result.trim().trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tools_result_becomes_a_sentence() {
        assert_eq!(
            readable(r#"{"temperature":22,"unit":"celsius"}"#),
            "temperature 22, unit celsius"
        );
        assert_eq!(readable("It is sunny."), "It is sunny");
    }
}
