//! What a span states about a request.

use opentelemetry::{KeyValue, StringValue};
use rmcp::model::ProtocolVersion;
use spanloom_core::semconv as names;
use spanloom_instrumentation::GenAiLayer;

/// The longest name of a method, tool, prompt or resource, in characters: the peer chooses it.
const NAME_CHARS: usize = 100;
const URI_CHARS: usize = 1_000;

/// The method of requests that are not the protocol's, in metrics: the peer chooses their names.
const OTHER: &str = "_OTHER";

/// A request of the protocol.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: StringValue,
    is_custom: bool,
    target: Option<Target>,
    protocol: Option<ProtocolVersion>,
}

/// What a request is about.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Tool(String),
    Prompt(String),
    Resource(String),
}

impl Target {
    fn attribute(&self) -> KeyValue {
        match self {
            Self::Tool(name) => KeyValue::new(names::GEN_AI_TOOL_NAME, name.clone()),
            Self::Prompt(name) => KeyValue::new(names::GEN_AI_PROMPT_NAME, name.clone()),
            Self::Resource(uri) => KeyValue::new(names::MCP_RESOURCE_URI, uri.clone()),
        }
    }
}

impl Request {
    /// Returns a request of one of the protocol's own methods.
    pub(crate) fn of(method: &'static str, target: Option<Target>) -> Self {
        Self {
            method: method.into(),
            is_custom: false,
            target,
            protocol: None,
        }
    }

    /// Returns a request of a method that the peer names.
    pub(crate) fn custom(method: &str) -> Self {
        Self {
            method: short(method).into(),
            is_custom: true,
            target: None,
            protocol: None,
        }
    }

    pub(crate) fn tool(name: &str) -> Self {
        Self::of("tools/call", Some(Target::Tool(short(name))))
    }

    pub(crate) fn prompt(name: &str) -> Self {
        Self::of("prompts/get", Some(Target::Prompt(short(name))))
    }

    pub(crate) fn resource(method: &'static str, uri: &str) -> Self {
        Self::of(method, Some(Target::Resource(address(uri))))
    }

    /// Sets the version of the protocol, if it is a known one: the peer may send any text.
    pub(crate) fn with_protocol(mut self, version: Option<ProtocolVersion>) -> Self {
        let is_known =
            |version: &ProtocolVersion| ProtocolVersion::KNOWN_VERSIONS.contains(version);
        self.protocol = version.filter(is_known);
        self
    }

    /// Masks secrets in the names that the peer chooses.
    pub(crate) fn masked(mut self, layer: &GenAiLayer) -> Self {
        let mask = |text: &str| layer.masked(text).into_owned();
        if self.is_custom {
            self.method = mask(self.method.as_str()).into();
        }
        if let Some(Target::Tool(text) | Target::Prompt(text) | Target::Resource(text)) =
            &mut self.target
        {
            *text = mask(text);
        }
        self
    }

    /// Returns whether the request begins a session.
    pub(crate) fn begins_session(&self) -> bool {
        self.method.as_str() == "initialize"
    }

    /// Returns the name of the tool that the request calls.
    pub(crate) fn tool_name(&self) -> Option<&str> {
        match &self.target {
            Some(Target::Tool(name)) => Some(name),
            _ => None,
        }
    }

    /// Returns the span's name. A resource's address would make too many names.
    pub(crate) fn title(&self) -> String {
        match &self.target {
            Some(Target::Tool(name) | Target::Prompt(name)) => {
                [self.method.as_str(), " ", name].concat()
            }
            _ => self.method.to_string(),
        }
    }

    /// Returns the attributes of the request's span.
    pub(crate) fn attributes(&self) -> Vec<KeyValue> {
        let method = KeyValue::new(names::MCP_METHOD_NAME, self.method.clone());
        let target = self.target.as_ref().map(Target::attribute);
        let all = [method].into_iter().chain(self.shared()).chain(target);
        all.collect()
    }

    /// Returns the attributes of the request's metric. A name that the server does not know is the peer's invention: each
    /// would be a time series.
    pub(crate) fn of_metric(&self, is_unknown: bool) -> Vec<KeyValue> {
        let method = match self.is_custom {
            true => OTHER.into(),
            false => self.method.clone(),
        };
        let method = KeyValue::new(names::MCP_METHOD_NAME, method);
        let target = self.target.as_ref();
        let target = target.filter(|it| !is_unknown && !matches!(it, Target::Resource(_)));
        let all = [method].into_iter().chain(self.shared());
        all.chain(target.map(Target::attribute)).collect()
    }

    /// Returns the attributes that the span of a tool's operation gets, if it is the span of the request.
    pub(crate) fn of_tools_span(&self) -> Vec<KeyValue> {
        let is_its_own = [names::GEN_AI_OPERATION_NAME, names::GEN_AI_TOOL_NAME];
        let mut attributes = self.attributes();
        attributes.retain(|it| !is_its_own.contains(&it.key.as_str()));
        attributes
    }

    fn shared(&self) -> impl Iterator<Item = KeyValue> {
        let operation = self.tool_name().map(|_| "execute_tool");
        let protocol = self.protocol.as_ref().map(|it| it.as_str().to_owned());
        let operation = operation.map(|it| KeyValue::new(names::GEN_AI_OPERATION_NAME, it));
        let protocol = protocol.map(|it| KeyValue::new(names::MCP_PROTOCOL_VERSION, it));
        operation.into_iter().chain(protocol)
    }
}

fn short(name: &str) -> String {
    name.chars().take(NAME_CHARS).collect()
}

/// Returns a resource's address without user and query, which may hold a key.
fn address(uri: &str) -> String {
    let uri = uri.split(['?', '#']).next().unwrap_or_default();
    let plain = match uri.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = host.rsplit('@').next().unwrap_or_default();
            [scheme, "://", host, path].concat()
        }
        None => uri.to_owned(),
    };
    plain.chars().take(URI_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_user_and_no_query() {
        for (uri, plain) in [
            ("file:///weather.txt", "file:///weather.txt"),
            ("db://u:pw@h:1/t?token=1#x", "db://h:1/t"),
            ("https://a@b@h", "https://h"),
            ("weather", "weather"),
        ] {
            assert_eq!(address(uri), plain);
        }
        assert_eq!(address(&"é".repeat(9_000)).chars().count(), URI_CHARS);
    }
}
