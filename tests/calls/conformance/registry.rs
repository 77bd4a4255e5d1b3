//! The conventions' data, `semconv/gen_ai.json`, together with our own names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

/// Enums with an open set of members: the conventions allow other values, or the provider's own word is passed on.
const OPEN: &[&str] = &[
    "error.type",
    "gen_ai.provider.name",
    "openai.request.service_tier",
    // Later versions of the protocol have more methods.
    "mcp.method.name",
];

/// The requirement level of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Required,
    Conditional,
    Free,
}

/// The allowed values of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) of: String,
    /// The only allowed values; empty if any value is allowed.
    pub(crate) members: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) json: Value,
    kinds: BTreeMap<String, Kind>,
    /// Names merged after the snapshot that belong to every signal with usage.
    later: Vec<String>,
    pub(crate) ours: BTreeMap<String, Kind>,
    /// Deprecated names.
    pub(crate) old: BTreeSet<String>,
}

pub(crate) static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::read);

impl Registry {
    fn read() -> Self {
        let json: Value = serde_json::from_str(include_str!("../semconv/gen_ai.json")).unwrap();
        let mut kinds = BTreeMap::new();
        for attribute in list(&json["attributes"]).chain(list(&json["referenced_core_attributes"]))
        {
            kinds.insert(text(&attribute["key"]), kind(attribute));
        }
        let mut old: BTreeSet<String> = list(&json["deprecated_in_core_v1_43"])
            .map(|old| text(&old["name"]))
            .collect();
        // Most deprecated names have only moved.
        for moved in ["attributes", "metrics", "events"] {
            for item in list(&json[moved]) {
                let name = item.get("key").unwrap_or(&item["name"]);
                old.remove(name.as_str().unwrap());
            }
        }
        let mut later = Vec::new();
        let merged =
            list(&json["changes_after_snapshot"]).filter(|change| change["status"] == "merged");
        for change in merged {
            let of = change["type"].as_str().unwrap_or_default().to_owned();
            let names = match change["kind"].as_str().unwrap() {
                "attribute rename" => {
                    old.insert(text(&change["from"]));
                    vec![text(&change["to"])]
                }
                "attributes added" => list(&change["names"]).map(text).collect(),
                "metric rename" => {
                    old.insert(text(&change["from"]));
                    continue;
                }
                other => panic!("{other}: how is this change to be taken?"),
            };
            for name in names {
                let members = Vec::new();
                let of = of.clone();
                kinds.insert(name.clone(), Kind { of, members });
                later.push(name);
            }
        }
        let ours = ours(include_str!("../../../crates/core/semconv/spanloom.yaml"));
        Self {
            json,
            kinds,
            later,
            ours,
            old,
        }
    }

    /// Returns the kind of any declared attribute.
    pub(crate) fn kind(&self, name: &str) -> Option<&Kind> {
        let template = name.starts_with("gen_ai.prompt.variable.");
        let name = if template {
            "gen_ai.prompt.variable"
        } else {
            name
        };
        self.kinds.get(name).or_else(|| self.ours.get(name))
    }

    /// Returns the span of an operation.
    pub(crate) fn span(&self, operation: &str) -> &Value {
        let kind = match operation {
            "chat" | "text_completion" | "generate_content" => "gen_ai.inference.client",
            "embeddings" => "gen_ai.embeddings.client",
            "fetch_response" => "gen_ai.fetch_response.client",
            other => panic!("{other}: which span is this operation?"),
        };
        self.entry("spans", "type", kind)
    }

    /// Returns the name that the snapshot has for a metric.
    pub(crate) fn metric_name<'a>(&'a self, name: &'a str) -> &'a str {
        let mut changes = list(&self.json["changes_after_snapshot"]);
        let renamed = changes.find(|it| it["kind"] == "metric rename" && it["to"] == name);
        renamed.and_then(|it| it["from"].as_str()).unwrap_or(name)
    }

    /// Returns a span, metric or event by its name.
    pub(crate) fn entry(&self, list_of: &str, by: &str, name: &str) -> &Value {
        list(&self.json[list_of])
            .find(|entry| entry[by] == name)
            .unwrap_or_else(|| panic!("{name} is in none of the {list_of}"))
    }

    /// Returns the attributes of a span, metric or event, for a provider. If it has usage, the later names are added.
    pub(crate) fn attributes(&self, of: &Value, provider: &str) -> BTreeMap<String, Level> {
        let mut levels = BTreeMap::new();
        for attribute in list(&of["attributes"]) {
            levels.insert(text(&attribute["key"]), level(attribute));
        }
        let name = of["type"].as_str().or(of["name"].as_str()).unwrap();
        let refinements = list(&self.json["span_refinements"])
            .chain(list(&self.json["metric_refinements"]))
            .filter(|refinement| {
                refinement["refines"] == name
                    && refinement["id"]
                        .as_str()
                        .unwrap()
                        .starts_with(&refining(provider))
            });
        for attribute in refinements.flat_map(|refinement| list(&refinement["attribute_overrides"]))
        {
            let key = text(&attribute["key"]);
            if attribute.get("requirement_level").is_some() || !levels.contains_key(&key) {
                levels.insert(key, level(attribute));
            }
        }
        if levels.contains_key("gen_ai.usage.input_tokens") {
            levels.extend(self.later.iter().map(|name| (name.clone(), Level::Free)));
        }
        levels.retain(|name, _| !self.old.contains(name));
        levels
    }
}

/// Returns the refinement for a provider: Azure's deployments speak OpenAI's API.
fn refining(provider: &str) -> String {
    let id = if provider == "azure.ai.openai" {
        "openai"
    } else {
        provider
    };
    format!("{id}.")
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn level(attribute: &Value) -> Level {
    match attribute["requirement_level"]["level"].as_str() {
        Some("required") => Level::Required,
        Some("conditionally_required") => Level::Conditional,
        _ => Level::Free,
    }
}

fn kind(attribute: &Value) -> Kind {
    let key = attribute["key"].as_str().unwrap();
    let of = text(&attribute["type"]);
    let closed = of.starts_with("enum") && !OPEN.contains(&key);
    let members = list(&attribute["members"])
        .filter(|_| closed)
        .map(|member| text(&member["value"]))
        .collect();
    Kind { of, members }
}

/// Parses `spanloom.yaml`: an `id`, then a `type` that is a word or a list of members with a `value` each.
fn ours(yaml: &str) -> BTreeMap<String, Kind> {
    let field = |text: &str, name: &str| -> Option<String> {
        let at = text.find(&format!("{name}: "))? + name.len() + 2;
        let value = text[at..].split([',', '\n', '}']).next()?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned())
    };
    let mut kinds = BTreeMap::new();
    for entry in yaml.split("id: spanloom.").skip(1) {
        let name = format!("spanloom.{}", entry.split([',', '\n']).next().unwrap());
        let members: Vec<String> = entry
            .split("{id: ")
            .skip(1)
            .filter_map(|member| field(member, "value"))
            .collect();
        let of = if members.is_empty() {
            field(entry, "type").unwrap()
        } else {
            "enum(string)".to_owned()
        };
        kinds.insert(name, Kind { of, members });
    }
    kinds
}

#[test]
fn our_own_registry_is_read_as_it_is_written() {
    let ours = &REGISTRY.ours;
    assert_eq!(ours["spanloom.attempts"].of, "int");
    assert_eq!(ours["spanloom.cost.total_usd"].of, "double");
    let outcome = &ours["spanloom.outcome"];
    assert_eq!(
        outcome.members,
        ["completed", "cancelled", "error", "unknown"]
    );
    let known = [
        "string",
        "int",
        "double",
        "boolean",
        "string[]",
        "enum(string)",
    ];
    for (name, kind) in ours {
        assert!(known.contains(&kind.of.as_str()), "{name}: {kind:?}");
    }
}

#[test]
fn every_name_in_the_code_is_declared_and_none_is_old() {
    for name in spanloom_core::semconv::ALL {
        assert!(!REGISTRY.old.contains(*name), "{name} is an old name");
        assert!(
            REGISTRY.kind(name).is_some() || super::other(name).is_some(),
            "{name} is declared nowhere"
        );
    }
    assert!(REGISTRY.old.contains("gen_ai.system"));
    assert!(
        REGISTRY
            .old
            .contains("gen_ai.usage.cache_creation.input_tokens")
    );
}
