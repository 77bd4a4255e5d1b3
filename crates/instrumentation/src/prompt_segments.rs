//! Hashes of a prompt's segments: where two prompts begin to differ, without their text.

use spanloom_core::content::ContentPolicy;
use spanloom_core::json::Node;

/// The most segments that are hashed. A prompt is reused from its head on, so that the first ones count.
const MOST: usize = 256;

/// Returns a name and a hash for each segment, in the order in which a prompt's cache reads them: tools, instructions,
/// then each message.
pub(crate) fn prompt_segments(request: Node<'_>, policy: &ContentPolicy) -> Vec<String> {
    let [tools, instructions, messages, input, prompt] =
        request.pick(["tools", "instructions", "messages", "input", "prompt"]);
    let messages = messages.or(input).or(prompt);
    let heads = [("tools", tools), ("instructions", instructions)];
    let heads = heads
        .into_iter()
        .filter_map(|(name, node)| Some((name.to_owned(), node?)));
    // A text, or the numbers of its tokens, is one segment.
    let are_messages = |list: &Node<'_>| list.items().next().is_some_and(Node::is_object);
    let whole = messages.filter(|messages| !are_messages(messages));
    let list = messages.filter(are_messages);
    let each = list.into_iter().flat_map(Node::items).chain(whole);
    let each = each.map(|message| {
        let [role, kind] = message.pick(["role", "type"]);
        let name = role.or(kind).and_then(Node::text);
        (
            name.map_or_else(|| "user".to_owned(), |name| name.into_owned()),
            message,
        )
    });
    let segments = heads.chain(each).filter(|(_, node)| !node.is_null());
    let hash =
        |(name, node): (String, Node<'_>)| Some(format!("{name} {}", policy.hash(node.raw()?)));
    segments.take(MOST).filter_map(hash).collect()
}

#[cfg(test)]
mod tests {
    use spanloom_core::json::Document;

    use super::*;

    fn segments(request: &str) -> Vec<String> {
        let policy = ContentPolicy::default().with_hash_key(b"a key");
        prompt_segments(Document::read(request.as_bytes()).root(), &policy)
    }

    #[test]
    fn the_first_segment_that_differs_is_found() {
        let first = segments(
            r#"{"model":"m","tools":[{"type":"function"}],"messages":[{"role":"system","content":"Be brief."},
            {"role":"user","content":"It is 10:00. Hi"}]}"#,
        );
        let second = segments(
            r#"{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"It is 10:01. Hi"}],
            "tools":[{"type":"function"}]}"#,
        );
        let names: Vec<_> = first
            .iter()
            .map(|it| it.split(' ').next().unwrap())
            .collect();
        assert_eq!(names, ["tools", "system", "user"]);
        let differs = first
            .iter()
            .zip(&second)
            .position(|(first, second)| first != second);
        assert_eq!(differs, Some(2));
        assert!(
            first
                .iter()
                .all(|it| !it.contains("brief") && it.len() < 24)
        );
    }

    #[test]
    fn texts_items_and_odd_requests_have_segments_too() {
        assert_eq!(segments(r#"{"input":"hi","instructions":null}"#).len(), 1);
        assert!(
            segments(r#"{"input":[{"type":"function_call_output","output":"1"}]}"#)[0]
                .starts_with("function_call_output ")
        );
        assert_eq!(segments("{}"), [""; 0]);
        assert_eq!(segments(r#"{"input":[1,2,3]}"#).len(), 1);
        let many = format!(r#"{{"input":[{}{{}}]}}"#, "{},".repeat(999));
        assert_eq!(segments(&many).len(), MOST);
    }
}
