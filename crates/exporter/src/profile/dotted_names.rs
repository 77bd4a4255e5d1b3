//! Conflicts between a name and its own dotted children.

use std::collections::BTreeSet;

use opentelemetry::{Key, KeyValue};
use spanloom_core::weave::LEAF;

/// Returns whether `name` is below `parent`.
pub(super) fn is_child(name: &str, parent: &str) -> bool {
    name.strip_prefix(parent)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// Returns whether one of the sorted `names` is below `name`.
pub(super) fn has_children(names: &[Key], name: &str) -> bool {
    let prefix = format!("{name}.");
    let after = names.partition_point(|other| other.as_str() < prefix.as_str());
    names
        .get(after)
        .is_some_and(|other| other.as_str().starts_with(&prefix))
}

/// Renames each name that has a child: `error` next to `error.type` becomes `error.value`.
pub(super) fn resolve_prefix_conflicts(attributes: &mut [KeyValue]) {
    let mut names: BTreeSet<Key> = attributes.iter().map(|it| it.key.clone()).collect();
    for attribute in attributes {
        if !is_branch(&names, attribute.key.as_str()) {
            continue;
        }
        let mut leaf = format!("{}.{LEAF}", attribute.key.as_str());
        while names.contains(leaf.as_str()) || is_branch(&names, &leaf) {
            leaf.push('_');
        }
        attribute.key = Key::from(leaf);
        names.insert(attribute.key.clone());
    }
}

fn is_branch(names: &BTreeSet<Key>, name: &str) -> bool {
    let prefix = Key::from(format!("{name}."));
    names
        .range(prefix.clone()..)
        .next()
        .is_some_and(|other| other.as_str().starts_with(prefix.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn untangled(names: &[&'static str]) -> Vec<String> {
        let mut attributes: Vec<KeyValue> =
            names.iter().map(|name| KeyValue::new(*name, 1)).collect();
        resolve_prefix_conflicts(&mut attributes);
        let names = attributes.iter();
        names.map(|it| it.key.as_str().to_owned()).collect()
    }

    #[test]
    fn a_leaf_beside_its_branch_goes_below_it() {
        assert_eq!(
            untangled(&["error", "error.type"]),
            ["error.value", "error.type"]
        );
        assert_eq!(
            untangled(&["a.b.c", "a", "a.b"]),
            ["a.b.c", "a.value", "a.b.value"]
        );
        // The new name is neither another leaf nor a branch.
        assert_eq!(untangled(&["a", "a.value"]), ["a.value_", "a.value"]);
        assert_eq!(untangled(&["a", "a.value.b"]), ["a.value_", "a.value.b"]);
    }

    #[test]
    fn names_that_only_look_alike_stay() {
        let names = ["error", "errors.type", "error-type", "error_type", "a..b"];
        assert_eq!(untangled(&names), names);
    }
}
