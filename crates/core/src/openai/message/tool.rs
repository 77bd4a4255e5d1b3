//! The tools a request offers.

use crate::json::Node;
use crate::message::{Text, ToolDefinition};

pub(super) fn definitions<'d>(
    tools: Option<Node<'d>>,
    functions: Option<Node<'d>>,
) -> Vec<ToolDefinition<'d>> {
    let items = |list: Option<Node<'d>>| list.map(Node::items).into_iter().flatten();
    let functions = items(functions).map(|function| define("function".into(), function));
    functions.chain(items(tools).map(definition)).collect()
}

fn definition(tool: Node<'_>) -> ToolDefinition<'_> {
    let kind = Text::of(tool, "type").unwrap_or_else(|| "function".into());
    // Chat completions nest the definition under the type's name; the Responses API puts it next to the type.
    let inner = tool.get(&kind.get()).filter(|inner| inner.is_object());
    define(kind, inner.unwrap_or(tool))
}

fn define<'d>(kind: Text<'d>, tool: Node<'d>) -> ToolDefinition<'d> {
    let name = Text::of(tool, "name").or_else(|| Text::of(tool, "server_label"));
    ToolDefinition {
        name: name.unwrap_or_else(|| kind.clone()),
        kind,
        description: tool.given("description"),
        parameters: tool.given("parameters"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::json::Document;
    use crate::message::tools_json;

    fn of(body: &Value) -> Value {
        let json = body.to_string();
        let document = Document::read(json.as_bytes());
        let member = |name| document.root().get(name);
        let json = tools_json(&definitions(member("tools"), member("functions")));
        json.map_or(Value::Null, |json| serde_json::from_str(&json).unwrap())
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
        assert_eq!(of(&json!({"tools":null})), Value::Null);
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
