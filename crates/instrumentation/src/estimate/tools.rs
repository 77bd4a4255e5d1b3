//! The tokens of tool definitions and of an answer's schema, which the model reads in a form of its own.
//!
//! Source of the counts for functions: OpenAI cookbook, "How to count tokens with tiktoken", for `gpt-4o` and newer; those
//! of all functions together are in `frame`.

use std::borrow::Cow;

use spanloom_core::json::Node;

/// What the members of an object add, and each of these.
const PARAMETERS: u64 = 3;
const PARAMETER: u64 = 3;
/// What a list of values adds, less the punctuation that it saves, and each value.
const VALUES_LESS: u64 = 3;
const VALUE: u64 = 3;
/// What the schema of an answer adds, and each alternative in a schema.
const SCHEMA: u64 = 13;
const ALTERNATIVE: u64 = 8;
/// Deeper parameters are counted as JSON.
const DEEPEST: usize = 8;

/// Definitions, as texts and tokens that are not text.
#[derive(Debug, Default)]
pub(super) struct Definitions<'a> {
    pub(super) texts: Vec<Cow<'a, str>>,
    pub(super) tokens: u64,
    /// What the parameters of each function add.
    each: u64,
    /// What is counted too much: added where it is known to be less than the rest.
    less: u64,
}

impl<'a> Definitions<'a> {
    /// Reads the tools of a request: functions of either API; others, which the provider defines, count as their JSON.
    /// `together` is what all functions add together, and what the parameters of each add.
    pub(super) fn of(tools: Node<'a>, together: (u64, u64)) -> Self {
        let (all, each) = together;
        let mut definitions = Self {
            each,
            ..Self::default()
        };
        let mut functions = 0_u64;
        for tool in tools.items() {
            let function = tool.get("function").unwrap_or(tool);
            match function.get("name").and_then(Node::text) {
                Some(name) if tool.get("type").is_none_or(|kind| kind.is("function")) => {
                    functions += 1;
                    definitions.function(&name, function);
                }
                _ => definitions.texts.push(Cow::Owned(tool.to_json_string())),
            }
        }
        if functions > 0 {
            definitions.tokens += all;
        }
        definitions.tokens = definitions.tokens.saturating_sub(definitions.less);
        definitions
    }

    /// Adds the schema of the answer: `response_format` of chat completions, `text.format` of responses.
    pub(super) fn schema(format: Node<'a>) -> Self {
        let mut definitions = Self {
            each: PARAMETERS,
            ..Self::default()
        };
        let format = format.get("json_schema").unwrap_or(format);
        let Some(schema) = format.get("schema").filter(|it| it.is_object()) else {
            return definitions;
        };
        definitions.tokens += SCHEMA;
        definitions.texts.extend(
            ["name", "description"]
                .into_iter()
                .filter_map(|name| format.get(name)?.text()),
        );
        definitions.parameters(schema, 0);
        definitions
    }

    fn function(&mut self, name: &str, function: Node<'a>) {
        let description = function.get("description").and_then(Node::text);
        let description = description.unwrap_or_default();
        let description = description.trim_end_matches('.');
        self.texts.push(Cow::Owned(format!("{name}:{description}")));
        if let Some(parameters) = function.get("parameters") {
            self.parameters(parameters, 0);
        }
    }

    /// Adds the members of an object's schema.
    fn parameters(&mut self, schema: Node<'a>, depth: usize) {
        for alternative in ["anyOf", "oneOf"]
            .iter()
            .filter_map(|name| schema.get(name))
        {
            for alternative in alternative.items() {
                self.tokens += ALTERNATIVE;
                self.texts
                    .extend(alternative.get("description").and_then(Node::text));
                if depth <= DEEPEST {
                    self.parameters(alternative, depth + 1);
                }
            }
        }
        let properties = schema.get("properties").filter(|it| it.is_object());
        let Some(properties) = properties else { return };
        if depth > DEEPEST {
            self.texts.push(Cow::Owned(properties.to_json_string()));
            return;
        }
        let mut members = properties.members().peekable();
        if members.peek().is_some() {
            self.tokens += if depth == 0 { self.each } else { PARAMETERS };
        }
        for (name, property) in members {
            self.tokens += PARAMETER;
            let kind = property.get("type").and_then(Node::text);
            let description = property.get("description").and_then(Node::text);
            let description = description.unwrap_or_default();
            let description = description.trim_end_matches('.');
            let kind = kind.unwrap_or_default();
            self.texts
                .push(Cow::Owned(format!("{name}:{kind}:{description}")));
            self.texts
                .extend(property.get("const").and_then(Node::text));
            if let Some(values) = property.get("enum").filter(|values| values.is_list()) {
                self.less += VALUES_LESS;
                for value in values.items() {
                    self.tokens += VALUE;
                    self.texts.extend(value.text());
                }
            }
            let items = property.get("items").unwrap_or(property);
            self.parameters(items, depth + 1);
        }
    }
}
