//! The models that the server knows by name.

use serde_json::{Value, json};

/// Alias, the dated snapshot that it refers to, and the snapshot's Unix time. Any other name is returned unchanged.
const MODELS: &[(&str, &str, u32)] = &[
    ("gpt-3.5-turbo", "gpt-3.5-turbo-0125", 1_706_048_358),
    ("gpt-4", "gpt-4-0613", 1_687_882_411),
    ("gpt-4-turbo", "gpt-4-turbo-2024-04-09", 1_712_601_677),
    ("gpt-4o", "gpt-4o-2024-08-06", 1_722_814_719),
    ("gpt-4o-mini", "gpt-4o-mini-2024-07-18", 1_721_172_717),
    ("gpt-4.1", "gpt-4.1-2025-04-14", 1_744_315_746),
    ("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14", 1_744_317_547),
    ("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14", 1_744_321_025),
    ("gpt-5", "gpt-5-2025-08-07", 1_754_073_306),
    ("gpt-5-mini", "gpt-5-mini-2025-08-07", 1_754_425_867),
    ("gpt-5-nano", "gpt-5-nano-2025-08-07", 1_754_426_303),
    ("o1", "o1-2024-12-17", 1_734_326_976),
    ("o3", "o3-2025-04-16", 1_744_133_301),
    ("o3-mini", "o3-mini-2025-01-31", 1_738_010_200),
    ("o4-mini", "o4-mini-2025-04-16", 1_744_133_506),
];

/// Embedding models, whose responses use the requested name.
const EMBEDDING_MODELS: &[(&str, u32)] = &[
    ("text-embedding-3-large", 1_705_953_180),
    ("text-embedding-3-small", 1_705_948_997),
    ("text-embedding-ada-002", 1_671_217_299),
];

/// Returns the model name of a response: the dated snapshot of an alias, or the name itself.
pub(super) fn snapshot(model: &str) -> &str {
    MODELS
        .iter()
        .find(|(alias, ..)| *alias == model)
        .map_or(model, |(_, dated, _)| dated)
}

/// Returns whether the model reasons before it answers, and bills for it.
pub(super) fn reasons(model: &str) -> bool {
    let is_family = |family: &str| {
        model
            .strip_prefix(family)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-') || rest.starts_with('.'))
    };
    ["o1", "o3", "o4", "gpt-5"].into_iter().any(is_family) && !model.contains("-chat")
}

/// Returns the body of `GET /v1/models`.
pub(super) fn list() -> Value {
    let chat = MODELS
        .iter()
        .flat_map(|(alias, dated, created)| [entry(alias, *created), entry(dated, *created)]);
    let embedding = EMBEDDING_MODELS
        .iter()
        .map(|(name, created)| entry(name, *created));
    json!({"object": "list", "data": chat.chain(embedding).collect::<Vec<_>>()})
}

fn entry(id: &str, created: u32) -> Value {
    json!({"id": id, "object": "model", "created": created, "owned_by": "system"})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_becomes_its_snapshot_and_any_other_name_stays() {
        assert_eq!(snapshot("gpt-4o-mini"), "gpt-4o-mini-2024-07-18");
        assert_eq!(snapshot("gpt-3.5-turbo"), "gpt-3.5-turbo-0125");
        assert_eq!(snapshot("gpt-4o-2024-05-13"), "gpt-4o-2024-05-13");
        assert_eq!(snapshot("my-own-model"), "my-own-model");
    }

    #[test]
    fn only_the_reasoning_families_reason() {
        for model in [
            "o1",
            "o3-mini",
            "o4-mini-2025-04-16",
            "gpt-5-nano",
            "gpt-5.1",
        ] {
            assert!(reasons(model), "{model}");
        }
        for model in ["gpt-4o", "gpt-5-chat-latest", "o1js", "gpt-3.5-turbo"] {
            assert!(!reasons(model), "{model}");
        }
    }
}
