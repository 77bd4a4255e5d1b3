//! The tools a request offers.

use serde_json::{Value, json};

use super::part::{field, set};

pub(super) fn definitions(tools: &Value, functions: &Value) -> Vec<Value> {
    let functions = functions.as_array().into_iter().flatten();
    let functions = functions.map(|function| define("function", function));
    let tools = tools.as_array().into_iter().flatten();
    functions.chain(tools.map(definition)).collect()
}

fn definition(tool: &Value) -> Value {
    let kind = field(tool, "type").unwrap_or("function");
    // Chat completions put what there is to know under the type's name, the Responses API beside it.
    define(
        kind,
        tool.get(kind)
            .filter(|inner| inner.is_object())
            .unwrap_or(tool),
    )
}

/// Only what is listed here: a remote tool is sent with the credentials it needs.
fn define(kind: &str, tool: &Value) -> Value {
    let name = field(tool, "name").or_else(|| field(tool, "server_label"));
    let mut definition = json!({"type": kind, "name": name.unwrap_or(kind)});
    for member in ["description", "parameters"] {
        if let Some(value) = tool.get(member).filter(|value| !value.is_null()) {
            set(&mut definition, member, Some(value.clone()));
        }
    }
    definition
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &Value) -> Value {
        Value::from(definitions(&body["tools"], &body["functions"]))
    }

    #[test]
    fn both_apis_and_the_time_before_tools() {
        let weather = json!({"type":"function","name":"weather","description":"d","parameters":{"type":"object"}});
        let chat = json!({"tools":[{"type":"function","function":{"name":"weather","description":"d",
            "parameters":{"type":"object"},"strict":true}}]});
        let responses = json!({"tools":[{"type":"function","name":"weather","description":"d",
            "parameters":{"type":"object"},"strict":true}]});
        let functions = json!({"functions":[{"name":"weather","description":"d","parameters":{"type":"object"}}]});
        for body in [chat, responses, functions] {
            assert_eq!(of(&body), json!([weather]));
        }
        assert_eq!(of(&json!({"tools":null})), json!([]));
    }

    #[test]
    fn hosted_tools_are_named_without_what_they_are_called_with() {
        let body = json!({"tools":[{"type":"web_search","user_location":{"city":"Bern"}},
            {"type":"mcp","server_label":"deepwiki","server_url":"https://x","authorization":"secret","headers":{"k":"v"}},
            {"type":"custom","custom":{"name":"sql","format":{"type":"text"}}}]});
        assert_eq!(
            of(&body),
            json!([{"type":"web_search","name":"web_search"},{"type":"mcp","name":"deepwiki"},
                {"type":"custom","name":"sql"}])
        );
    }
}
