//! Dotted names as a tree: W&B's queries split `attributes.otel.server.address` at its dots, so they find nothing under
//! a name that itself has dots.

use serde_json::{Map, Value};

/// The name of a leaf below a branch of the same name, as W&B's own message advises.
pub const LEAF: &str = "value";

/// The maximum number of levels of a name; the rest of the name keeps its dots. Names come from outside, and trees are
/// written and dropped by recursion.
const LEVELS: usize = 12;

/// Inserts a value at its name. Nothing is replaced: a leaf goes below a branch of the same name, as `value`.
pub fn insert(tree: &mut Map<String, Value>, name: &str, value: Value) {
    at_level(tree, name, value, LEVELS);
}

fn at_level(tree: &mut Map<String, Value>, name: &str, value: Value, levels: usize) {
    let (head, rest) = match name.split_once('.').filter(|_| levels > 1) {
        Some((head, rest)) => (head, Some(rest)),
        None => (name, None),
    };
    let Some(rest) = rest else {
        match (tree.get_mut(head), value) {
            (Some(Value::Object(branch)), Value::Object(more)) => {
                for (name, value) in more {
                    branch.insert(free(branch, &name), value);
                }
            }
            (Some(Value::Object(branch)), leaf) => {
                branch.insert(free(branch, LEAF), leaf);
            }
            (_, value) => {
                tree.insert(free(tree, head), value);
            }
        }
        return;
    };
    let branch = tree
        .entry(head)
        .or_insert_with(|| Value::Object(Map::new()));
    if !branch.is_object() {
        *branch = Value::Object(Map::from_iter([(LEAF.to_owned(), branch.take())]));
    }
    if let Value::Object(branch) = branch {
        at_level(branch, rest, value, levels - 1);
    }
}

/// Returns the name with as many underscores as it needs to be new.
#[must_use]
pub fn free(map: &Map<String, Value>, name: &str) -> String {
    let mut name = name.to_owned();
    while map.contains_key(&name) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree(pairs: &[(&str, Value)]) -> Value {
        let mut tree = Map::new();
        for (name, value) in pairs {
            insert(&mut tree, name, value.clone());
        }
        tree.into()
    }

    #[test]
    fn leaf_and_branch_of_one_name_are_both_kept() {
        let both = json!({"error": {"type": "timeout", "value": "late"}});
        let (leaf, child) = (("error", json!("late")), ("error.type", json!("timeout")));
        assert_eq!(tree(&[leaf.clone(), child.clone()]), both);
        assert_eq!(tree(&[child, leaf]), both);
        assert_eq!(
            tree(&[
                ("a", json!({"b": 1})),
                ("a.b", json!(2)),
                ("a", json!({"b": 3}))
            ]),
            json!({"a": {"b": 1, "b_": 2, "b__": 3}})
        );
    }

    #[test]
    fn a_name_of_many_dots_makes_no_deep_tree() {
        let name = ["a"; 100_000].join(".");
        let text = tree(&[(&name, json!(1))]).to_string();
        assert_eq!(text.matches('{').count(), LEVELS);
    }
}
