//! Queries that do nothing but name ids, with which things are removed.

use serde_json::Value;

/// Returns the ids that a query names: `id` is equal to one, is in a list, or is equal to one or another. `None` for any
/// other query.
pub(super) fn of(query: &Value) -> Option<Vec<String>> {
    let expression = query.get("$expr")?.as_object()?;
    let (operator, operands) = expression.iter().next().filter(|_| expression.len() == 1)?;
    let operands = operands.as_array()?;
    let ids: Vec<String> = match (operator.as_str(), operands.as_slice()) {
        ("$eq", operands) => vec![equal(operands)?],
        ("$or", alternatives) => alternatives
            .iter()
            .map(|one| equal(one.get("$eq")?.as_array()?))
            .collect::<Option<_>>()?,
        ("$in", [field, Value::Array(list)]) if is_id(field) => {
            list.iter().map(literal).collect::<Option<_>>()?
        }
        _ => return None,
    };
    Some(ids).filter(|ids| !ids.is_empty())
}

fn equal(operands: &[Value]) -> Option<String> {
    match operands {
        [field, value] if is_id(field) => literal(value),
        _ => None,
    }
}

fn is_id(field: &Value) -> bool {
    field.get("$getField").and_then(Value::as_str) == Some("id")
}

fn literal(value: &Value) -> Option<String> {
    value.get("$literal")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_and_nothing_else() {
        let id = json!({"$getField": "id"});
        let is = |name: &str| json!({"$eq": [id, {"$literal": name}]});
        for (expression, expected) in [
            (is("a"), Some(vec!["a"])),
            (json!({"$or": [is("a"), is("b")]}), Some(vec!["a", "b"])),
            (json!({"$in": [id, [{"$literal": "a"}]]}), Some(vec!["a"])),
            (json!({"$or": []}), None),
            (json!({"$in": [id, []]}), None),
            (
                json!({"$eq": [{"$getField": "creator"}, {"$literal": "a"}]}),
                None,
            ),
            (json!({"$or": [is("a"), {"$not": [is("b")]}]}), None),
            (json!({"$not": [is("a")]}), None),
            (json!({"$eq": [id, {"$literal": 1}]}), None),
            (json!({}), None),
        ] {
            let expected =
                expected.map(|ids| ids.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(of(&json!({"$expr": expression})), expected, "{expression}");
        }
    }
}
