//! Answers in pages: a model's context is small.

use serde_json::Value;

/// The most characters of a page.
const MOST: usize = 20_000;

/// Returns a page of an answer as text, without members that are null.
pub(super) fn page(mut answer: Value, offset: usize) -> String {
    compact(&mut answer);
    let text = answer.to_string();
    let characters = text.chars().count();
    let page: String = text.chars().skip(offset).take(MOST).collect();
    let end = offset.saturating_add(MOST);
    match end < characters {
        true => format!("{page}\n[{characters} characters in all; the next page has offset {end}]"),
        false => page,
    }
}

fn compact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(compact);
        }
        Value::Array(items) => items.iter_mut().for_each(compact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_states_where_the_next_begins() {
        let answer = json!({"a": null, "b": [{"c": null, "d": 1}]});
        assert_eq!(page(answer, 0), r#"{"b":[{"d":1}]}"#);
        let long = json!("é".repeat(30_000));
        let first = page(long.clone(), 0);
        assert!(
            first.ends_with("[30002 characters in all; the next page has offset 20000]"),
            "{}",
            first.len()
        );
        assert_eq!(page(long.clone(), MOST).chars().count(), 10_002);
        assert_eq!(page(long, usize::MAX), "");
    }
}
