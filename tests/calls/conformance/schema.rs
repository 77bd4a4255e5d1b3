//! The JSON Schemas of message formats, applied strictly: if a schema offers a choice, a value is checked against the
//! part that its `type` names. Unmodified, the schemas accept a text part without its text, as a generic part.

use serde_json::Value;

/// Fails unless `json`, an attribute's value, matches its schema.
pub(super) fn assert_valid(attribute: &str, json: &Value) {
    if let Err(problem) = valid(attribute, json) {
        panic!("{attribute}: {problem}\n{json:#}");
    }
}

fn valid(attribute: &str, json: &Value) -> Result<(), String> {
    let schema = match attribute {
        "gen_ai.input.messages" => include_str!("../semconv/gen-ai-input-messages.json"),
        "gen_ai.output.messages" => include_str!("../semconv/gen-ai-output-messages.json"),
        "gen_ai.system_instructions" => include_str!("../semconv/gen-ai-system-instructions.json"),
        "gen_ai.tool.definitions" => include_str!("../semconv/gen-ai-tool-definitions.json"),
        "gen_ai.tool.call.arguments" => include_str!("../semconv/gen-ai-tool-call-arguments.json"),
        "gen_ai.retrieval.documents" => include_str!("../semconv/gen-ai-retrieval-documents.json"),
        other => return Err(format!("{other} has no schema")),
    };
    let root: Value = serde_json::from_str(schema).unwrap();
    Schema { root: &root }.check(&root, json, "$")
}

struct Schema<'a> {
    root: &'a Value,
}

impl Schema<'_> {
    fn check(&self, schema: &Value, json: &Value, at: &str) -> Result<(), String> {
        for (keyword, rule) in schema.as_object().unwrap() {
            self.rule(keyword, rule, schema, json, at)?;
        }
        Ok(())
    }

    fn rule(
        &self,
        keyword: &str,
        rule: &Value,
        schema: &Value,
        json: &Value,
        at: &str,
    ) -> Result<(), String> {
        let fail = |why: String| Err(format!("{at}: {why}"));
        match keyword {
            // Annotations, which restrict nothing.
            "$defs" | "$schema" | "title" | "description" | "default" | "format" => Ok(()),
            "$ref" => self.check(&self.definition(rule), json, at),
            "anyOf" => self.check_choice(rule, json, at),
            "type" if !is(json, rule.as_str().unwrap()) => fail(format!("not a {rule}")),
            "const" if json != rule => fail(format!("not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(json) => fail(format!("none of {rule}")),
            "type" | "const" | "enum" => Ok(()),
            "required" => {
                let absent = |name: &&Value| json.get(name.as_str().unwrap()).is_none();
                match rule.as_array().unwrap().iter().find(absent) {
                    Some(name) => fail(format!("{name} is missing")),
                    None => Ok(()),
                }
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(value) = json.get(name) {
                        self.check(schema, value, &format!("{at}.{name}"))?;
                    }
                }
                Ok(())
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object();
                let mut others = json
                    .as_object()
                    .into_iter()
                    .flat_map(|object| object.keys());
                match others.find(|name| !known.is_some_and(|known| known.contains_key(*name))) {
                    Some(name) if rule == false => fail(format!("{name} is one too many")),
                    _ => Ok(()),
                }
            }
            "items" => {
                for (index, item) in json.as_array().into_iter().flatten().enumerate() {
                    self.check(rule, item, &format!("{at}[{index}]"))?;
                }
                Ok(())
            }
            other => panic!("the schemas have learned {other}: read it here"),
        }
    }

    fn definition(&self, reference: &Value) -> Value {
        let reference = reference.as_str().unwrap();
        match reference.strip_prefix("#/$defs/") {
            Some(name) => self.root["$defs"][name].clone(),
            // The draft's own schema describes a tool's parameters: any object.
            None if reference.starts_with("http://json-schema.org/draft-07/") => {
                serde_json::json!({"type": "object"})
            }
            None => panic!("{reference} cannot be resolved here"),
        }
    }

    /// Checks one of several formats: the one that names the value's `type`, if there is one.
    fn check_choice(&self, choices: &Value, json: &Value, at: &str) -> Result<(), String> {
        let choices: Vec<Value> = choices
            .as_array()
            .unwrap()
            .iter()
            .map(|choice| match choice.get("$ref") {
                Some(reference) => self.definition(reference),
                None => choice.clone(),
            })
            .collect();
        let kind = |choice: &&Value| {
            let named = &choice["properties"]["type"]["const"];
            !named.is_null() && Some(named) == json.get("type")
        };
        if let Some(named) = choices.iter().find(kind) {
            return self.check(named, json, at);
        }
        let mut problems = Vec::new();
        for choice in &choices {
            match self.check(choice, json, at) {
                Ok(()) => return Ok(()),
                Err(problem) => problems.push(problem),
            }
        }
        Err(format!("none of the shapes: {}", problems.join("; ")))
    }
}

fn is(json: &Value, kind: &str) -> bool {
    match kind {
        "array" => json.is_array(),
        "object" => json.is_object(),
        "string" => json.is_string(),
        "integer" => json.is_i64() || json.is_u64(),
        "number" => json.is_number(),
        "boolean" => json.is_boolean(),
        "null" => json.is_null(),
        other => panic!("{other} is no type of JSON Schema"),
    }
}

#[test]
fn the_generic_part_hides_nothing() {
    let message = |part: Value| serde_json::json!([{"role": "user", "parts": [part]}]);
    let check = |part| valid("gen_ai.input.messages", &message(part));
    assert_eq!(
        check(serde_json::json!({"type": "text", "content": "hi"})),
        Ok(())
    );
    let problem = check(serde_json::json!({"type": "text", "text": "hi"})).unwrap_err();
    assert!(problem.contains("\"content\" is missing"), "{problem}");
    assert_eq!(
        check(serde_json::json!({"type": "hologram", "of": 1})),
        Ok(())
    );
    assert!(check(serde_json::json!({"content": "hi"})).is_err());
    let tool =
        serde_json::json!([{"type": "function", "name": "f", "parameters": {"type": "object"}}]);
    assert_eq!(valid("gen_ai.tool.definitions", &tool), Ok(()));
    let nameless = serde_json::json!([{"type": "function", "parameters": {}}]);
    assert!(valid("gen_ai.tool.definitions", &nameless).is_err());
}
