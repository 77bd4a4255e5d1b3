//! Answers in pages: a model's context is small.

use serde_json::Value;

/// The most characters of a page.
const MOST: usize = 20_000;

/// Returns a page of an answer as text, without members that are null. `offset` counts characters.
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

/// Returns an answer whose member `name` is a list as text: whole items, as many as fit. The answer left `before` items out.
pub(super) fn list(mut answer: Value, name: &str, before: usize) -> String {
    compact(&mut answer);
    let Some(Value::Array(items)) = answer.get_mut(name) else {
        return page(answer, 0);
    };
    let all = items.len();
    let mut characters = 0;
    let fitting = items.iter().take_while(|item| {
        characters += item.to_string().chars().count();
        characters <= MOST
    });
    let shown = fitting.count().max(1).min(all);
    items.truncate(shown);
    let next = before + shown;
    match shown < all {
        true => format!("{answer}\n[{shown} of {all} items; the next page has offset {next}]"),
        false => answer.to_string(),
    }
}

/// Leaves out the first items of a list.
pub(super) fn skip(mut answer: Value, name: &str, count: usize) -> Value {
    if let Some(Value::Array(items)) = answer.get_mut(name) {
        items.drain(..count.min(items.len()));
    }
    answer
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
        assert!(first.ends_with("[30002 characters in all; the next page has offset 20000]"));
        assert_eq!(page(long.clone(), MOST).chars().count(), 10_002);
        assert_eq!(page(long, usize::MAX), "");
    }

    #[test]
    fn a_list_has_whole_items() {
        let item = |n| json!({"n": n, "text": "x".repeat(9_000)});
        let items: Vec<Value> = (0..5).map(item).collect();
        let answer = json!({"calls": items});
        let first = list(answer.clone(), "calls", 10);
        assert!(first.ends_with("[2 of 5 items; the next page has offset 12]"));
        assert!(first.contains(r#""n":1"#) && !first.contains(r#""n":2"#));
        let rest = list(skip(answer, "calls", 3), "calls", 3);
        assert!(rest.contains(r#""n":4"#) && !rest.contains("next page"));
        // An item that is too large for a page comes all the same.
        let large = list(json!({"calls": ["x".repeat(30_000)]}), "calls", 0);
        assert!(large.len() > 30_000);
    }
}
