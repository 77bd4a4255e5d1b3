//! Calls to the client's tools.

use serde_json::Value;

use super::super::request::ChatRequest;
use super::super::seed::Seed;
use super::argument::arguments;

/// One call to a function of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolCall {
    /// `call_` followed by letters, unique in the server.
    pub(crate) id: String,
    /// The function's name.
    pub(crate) name: String,
    /// The function's arguments as JSON text.
    pub(crate) arguments: String,
}

/// Words in tool names that do not describe the tool's subject.
const VERBS: &[&str] = &[
    "get", "set", "list", "find", "fetch", "look", "up", "lookup", "search", "current", "query",
];
const WEATHER: &[&str] = &["weather", "forecast", "temperature"];

/// Returns the calls that a request asks for; none when it offers no tools, forbids them or has another subject.
pub(super) fn calls(request: &ChatRequest, seed: Seed) -> Vec<ToolCall> {
    let choice = request.tool_choice.as_ref();
    let named = choice
        .and_then(|choice| choice.pointer("/function/name"))
        .and_then(Value::as_str);
    let is_required = choice.and_then(Value::as_str) == Some("required");
    let is_users_turn = request
        .messages()
        .last()
        .is_some_and(|message| message.role == "user");
    if choice.and_then(Value::as_str) == Some("none") || !(is_users_turn || named.is_some()) {
        return Vec::new();
    }
    let question = request.last_of("user");
    let functions = || {
        request
            .tools()
            .iter()
            .filter_map(|tool| tool.get("function"))
    };
    let mut chosen: Vec<&Value> = match named {
        Some(wanted) => functions()
            .filter(|function| name(function) == wanted)
            .collect(),
        None => functions()
            .filter(|function| is_asked_for(name(function), &question))
            .collect(),
    };
    if chosen.is_empty() && is_required {
        chosen.extend(functions().next());
    }
    let arguments = chosen
        .into_iter()
        .flat_map(|function| arguments(function, &question));
    let limit = if request.allows_parallel_tool_calls() {
        usize::MAX
    } else {
        1
    };
    arguments
        .take(limit)
        .zip(0..)
        .map(|(call, number)| tool_call(call, seed.mix_number(number)))
        .collect()
}

fn tool_call((name, arguments): (String, Value), seed: Seed) -> ToolCall {
    let id = seed
        .mix(b"call")
        .name()
        .chars()
        .take(24)
        .collect::<String>();
    ToolCall {
        id: format!("call_{id}"),
        name,
        arguments: arguments.to_string(),
    }
}

pub(super) fn name(function: &Value) -> &str {
    function
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Returns whether the question names the tool or all words of its subject; any weather question fits a weather tool.
fn is_asked_for(name: &str, question: &str) -> bool {
    let (name, question) = (name.to_lowercase(), question.to_lowercase());
    let mentions = |word: &&str| question.contains(*word);
    let subject: Vec<&str> = name
        .split(['_', '-', '.'])
        .filter(|word| !word.is_empty() && !VERBS.contains(word))
        .collect();
    question.contains(&name)
        || (!subject.is_empty() && subject.iter().all(mentions))
        || (name.contains("weather") && WEATHER.iter().any(mentions))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(question: &str, more: &Value) -> Vec<ToolCall> {
        let mut body = json!({
            "messages": [{"role": "user", "content": question}],
            "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {
                "type": "object",
                "properties": {
                    "location": {"type": "string"},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                },
            }}}],
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        calls(&serde_json::from_value(body).unwrap(), Seed::new(1))
    }

    #[test]
    fn a_question_about_the_weather_calls_the_weather_tool_once_for_each_place() {
        let calls = ask("What is the weather in Paris and Tokyo?", &json!({}));
        assert_eq!(
            calls[0].arguments,
            r#"{"location":"Paris","unit":"celsius"}"#
        );
        assert_eq!(
            calls[1].arguments,
            r#"{"location":"Tokyo","unit":"celsius"}"#
        );
        assert_ne!(calls[0].id, calls[1].id);
        let single = json!({"parallel_tool_calls": false});
        assert_eq!(
            ask("What is the weather in Paris and Tokyo?", &single).len(),
            1
        );
    }

    #[test]
    fn the_tool_choice_decides_over_the_question() {
        assert!(ask("hello", &json!({})).is_empty());
        assert!(ask("weather?", &json!({"tool_choice": "none"})).is_empty());
        assert_eq!(ask("hello", &json!({"tool_choice": "required"})).len(), 1);
        let named =
            json!({"tool_choice": {"type": "function", "function": {"name": "get_weather"}}});
        assert_eq!(ask("hello", &named).len(), 1);
    }
}
