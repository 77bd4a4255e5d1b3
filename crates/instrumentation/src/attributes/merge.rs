//! Merges nested scopes into one object, within limits, on the recorder's thread.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{MonitorAttributes, PARAMS, PROMPT_TEMPLATE, ScopeAttributes};
use crate::prompt::Prompt;

/// Maximum bytes of JSON, roughly: names and texts.
const BYTES: usize = 64 << 10;
/// Maximum keys at the root.
const KEYS: usize = 128;
/// Maximum levels of objects and arrays.
const DEPTH: usize = 64;
/// Maximum bytes of one text.
const TEXT: usize = 16 << 10;
/// The key that holds the number of values that were left out.
const TRUNCATED: &str = "spanloom_truncated";

/// The attributes of all scopes.
#[derive(Debug, Default)]
pub(crate) struct Merged<'a> {
    scopes: Vec<&'a ScopeAttributes>,
}

impl MonitorAttributes {
    pub(crate) fn merged(&self) -> Merged<'_> {
        Merged {
            scopes: self.scopes().collect(),
        }
    }
}

impl<'a> Merged<'a> {
    /// Nests these attributes inside those of `outer`.
    pub(crate) fn over(mut self, outer: &'a MonitorAttributes) -> Self {
        self.scopes.extend(outer.scopes());
        self
    }

    fn first<T>(&self, of: impl Fn(&'a ScopeAttributes) -> Option<T>) -> Option<T> {
        self.scopes.iter().find_map(|scope| of(scope))
    }

    pub(crate) fn conversation(&self) -> Option<&'a Arc<str>> {
        self.first(|scope| scope.conversation.as_ref())
    }

    /// Returns the name of that conversation: a name around a scope with a conversation of its own is another's.
    pub(crate) fn conversation_name(&self) -> Option<&'a Arc<str>> {
        let mut scopes = self.scopes.iter();
        let names = |scope: &&&ScopeAttributes| {
            scope.conversation_name.is_some() || scope.conversation.is_some()
        };
        scopes.find(names)?.conversation_name.as_ref()
    }

    pub(crate) fn user(&self) -> Option<&'a Arc<str>> {
        self.first(|scope| scope.user.as_ref())
    }

    pub(crate) fn session(&self) -> Option<&'a Arc<str>> {
        self.first(|scope| scope.session.as_ref())
    }

    pub(crate) fn tenant(&self) -> Option<&'a Arc<str>> {
        self.first(|scope| scope.tenant.as_ref())
    }

    pub(crate) fn prompt(&self) -> Option<&'a Prompt> {
        self.first(|scope| scope.prompt.as_ref())
    }

    pub(super) fn is_empty(&self) -> bool {
        let is_empty = |scope: &&ScopeAttributes| {
            let ids = [
                &scope.conversation,
                &scope.conversation_name,
                &scope.user,
                &scope.session,
                &scope.tenant,
            ];
            scope.attributes.is_empty()
                && scope.prompt.is_none()
                && ids.iter().all(|id| id.is_none())
        };
        self.scopes.iter().all(is_empty)
    }

    /// Returns the attributes, including the prompt's, as JSON text, or `None` if there are none. Without `content` the
    /// values of the prompt's variables are omitted.
    pub(crate) fn to_json(&self, content: bool) -> Option<String> {
        let mut remaining = Remaining {
            bytes: BYTES,
            left_out: 0,
        };
        let mut merged = Map::new();
        let mut seen = HashSet::new();
        for scope in &self.scopes {
            // The scope's own attributes take precedence over its prompt's.
            for (key, value) in &scope.attributes {
                if !seen.insert(key.as_str()) {
                    continue;
                }
                if merged.len() < KEYS && remaining.take(key.len()) {
                    if let Some(value) = remaining.bounded(value, DEPTH - 1) {
                        merged.insert(key.clone(), value);
                    }
                } else {
                    remaining.left_out += 1;
                }
            }
            let Some(prompt) = &scope.prompt else {
                continue;
            };
            if seen.insert(PROMPT_TEMPLATE) {
                let template = remaining.text(prompt.template());
                merged.extend(template.map(|text| (PROMPT_TEMPLATE.to_owned(), text)));
            }
            if content && seen.insert(PARAMS) && prompt.variables().next().is_some() {
                let variables = prompt
                    .variables()
                    .filter_map(|(name, value)| Some((name.to_owned(), remaining.text(value)?)));
                merged.insert(PARAMS.to_owned(), Value::Object(variables.collect()));
            }
        }
        if remaining.left_out > 0 {
            merged.insert(TRUNCATED.to_owned(), remaining.left_out.into());
        }
        (!merged.is_empty())
            .then(|| serde_json::to_string(&merged).ok())
            .flatten()
    }
}

struct Remaining {
    bytes: usize,
    left_out: u64,
}

impl Remaining {
    fn take(&mut self, bytes: usize) -> bool {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.unwrap_or(self.bytes);
        left.is_some()
    }

    /// Copies a value within what remains; returns `None` if the value does not fit.
    fn bounded(&mut self, value: &Value, depth: usize) -> Option<Value> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(_) | Value::Object(_) if depth == 0 => self.leave_out(),
            Value::Array(items) if self.take(2) => {
                let items = items
                    .iter()
                    .filter_map(|item| self.bounded(item, depth - 1));
                Some(Value::Array(items.collect()))
            }
            Value::Object(fields) if self.take(2) => {
                let mut bounded = Map::new();
                for (key, value) in fields {
                    if !self.take(key.len()) {
                        self.left_out += 1;
                    } else if let Some(value) = self.bounded(value, depth - 1) {
                        bounded.insert(key.clone(), value);
                    }
                }
                Some(Value::Object(bounded))
            }
            scalar if !scalar.is_array() && !scalar.is_object() && self.take(8) => {
                Some(scalar.clone())
            }
            _ => self.leave_out(),
        }
    }

    fn leave_out(&mut self) -> Option<Value> {
        self.left_out += 1;
        None
    }

    fn text(&mut self, text: &str) -> Option<Value> {
        let end = text.floor_char_boundary_stable(TEXT.min(self.bytes));
        let kept = text.get(..end)?;
        if !self.take(kept.len().max(1)) {
            return self.leave_out();
        }
        if kept.len() == text.len() {
            return Some(Value::from(text));
        }
        self.left_out += 1;
        Some(Value::from(format!(
            "{kept}… [truncated, {} bytes]",
            text.len()
        )))
    }
}

/// A replacement for [`str::floor_char_boundary`], which is newer than our oldest compiler.
trait FloorCharBoundary {
    fn floor_char_boundary_stable(&self, end: usize) -> usize;
}

impl FloorCharBoundary for str {
    fn floor_char_boundary_stable(&self, end: usize) -> usize {
        let end = end.min(self.len());
        (0..=end)
            .rev()
            .find(|at| self.is_char_boundary(*at))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(attributes: &MonitorAttributes) -> Value {
        let json = attributes.merged().to_json(true).unwrap_or_default();
        serde_json::from_str(&json).unwrap_or_default()
    }

    #[test]
    fn inner_scopes_win_key_by_key() {
        let outer = MonitorAttributes::new(json!({"a": {"x": 1}, "b": 1})).user("outer");
        let inner = MonitorAttributes::new(json!({"a": {"y": 2}})).conversation("c");
        let inner = inner.over(&outer);
        assert_eq!(merged(&inner), json!({"a": {"y": 2}, "b": 1}));
        let both = inner.merged();
        assert_eq!(both.user().map(|user| &**user), Some("outer"));
        assert_eq!(both.conversation().map(|id| &**id), Some("c"));
        let layer = MonitorAttributes::new(json!({"b": 0, "c": 0}));
        let json = inner.merged().over(&layer).to_json(true).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json, json!({"a": {"y": 2}, "b": 1, "c": 0}));
    }

    #[test]
    fn a_conversation_keeps_its_own_name() {
        let named = || {
            MonitorAttributes::default()
                .conversation("c")
                .conversation_name("n")
        };
        let other = || MonitorAttributes::default().conversation("d");
        let only = || MonitorAttributes::default().conversation_name("m");
        for (attributes, name) in [
            (named(), Some("n")),
            (
                MonitorAttributes::default().user("u").over(&named()),
                Some("n"),
            ),
            (only().over(&named()), Some("m")),
            (other().over(&named()), None),
            (other().conversation_name("o").over(&named()), Some("o")),
        ] {
            let of = |attributes: &MonitorAttributes| {
                let name = attributes.merged().conversation_name().cloned();
                name.as_deref().map(str::to_owned)
            };
            assert_eq!(of(&attributes).as_deref(), name, "{attributes:?}");
            // Many scopes are merged into one.
            let many = (0..300).fold(attributes, |outer, n| {
                MonitorAttributes::new(json!({"n": n})).over(&outer)
            });
            assert_eq!(of(&many).as_deref(), name, "{many:?}");
        }
    }

    #[test]
    fn scopes_that_were_put_together_stay_in_order() {
        let scope = |name: &str| MonitorAttributes::new(json!({name: name, "who": name}));
        let pair = scope("b").over(&scope("a"));
        let all = scope("d").over(&scope("c")).over(&pair);
        assert_eq!(
            merged(&all),
            json!({"a": "a", "b": "b", "c": "c", "d": "d", "who": "d"})
        );
    }

    #[test]
    fn any_json_shape_is_taken() {
        let value = |json| merged(&MonitorAttributes::new(json));
        assert_eq!(value(json!([1])), json!({"value": [1]}));
        assert_eq!(value(Value::Null), Value::Null);
        assert!(MonitorAttributes::new(Value::Null).is_empty());
        let odd = json!({"": 1, "a.b": {"ü": null}, "spanloom": true, "otel": [[], {}]});
        assert_eq!(value(odd.clone()), odd);
    }

    #[test]
    fn what_is_too_much_is_cut_with_a_mark() {
        let long = "ü".repeat(TEXT);
        let cut = merged(&MonitorAttributes::new(json!({"long": long})));
        let shown = cut["long"].as_str().unwrap();
        assert!(shown.ends_with("ü… [truncated, 32768 bytes]"));
        assert!(shown.len() < TEXT + 40);
        assert_eq!(cut[TRUNCATED], 1);

        let many: Map<String, Value> = (0..1_000).map(|n| (format!("k{n}"), json!(n))).collect();
        let many = merged(&MonitorAttributes::new(many.into()));
        assert_eq!(many.as_object().unwrap().len(), KEYS + 1);
        assert_eq!(many[TRUNCATED], 1_000 - KEYS);

        let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
        let deep = merged(&MonitorAttributes::new(json!({"deep": deep})));
        assert_eq!(deep[TRUNCATED], 1);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_said_stays_within_the_limits(
            texts in proptest::collection::vec((proptest::char::any(), 0..20_000_usize), 0..60),
        ) {
            let texts = texts.into_iter().map(|(letter, times)| String::from(letter).repeat(times));
            let value: Value = texts.map(|text| json!({"t": text})).collect();
            let json = MonitorAttributes::new(value).merged().to_json(true).unwrap();
            // An escape may take up to six bytes for one byte.
            proptest::prop_assert!(json.len() <= 6 * BYTES + 20_000);
            proptest::prop_assert!(serde_json::from_str::<Value>(&json).is_ok());
        }
    }

    #[test]
    fn a_prompts_variables_are_content() {
        let prompt = crate::prompt!("solve {x}", x = "secret");
        let attributes = MonitorAttributes::from(&prompt);
        assert_eq!(
            merged(&attributes),
            json!({"prompt_template": "solve {x}", "params": {"x": "secret"}})
        );
        let without = attributes.merged().to_json(false).unwrap();
        assert_eq!(without, r#"{"prompt_template":"solve {x}"}"#);
        // The user's attribute of the same name takes precedence.
        let attributes = MonitorAttributes::new(json!({"params": 7})).prompt(&prompt);
        assert_eq!(merged(&attributes)["params"], 7);
    }
}
