//! The texts of a payload that may repeat: long JSON strings, and the definitions of tools.
//!
//! A payload is searched and not parsed. A text that is found wrongly, because a quote stands alone, is a piece of the
//! payload as any other, and is put back as such.

use std::ops::Range;

use memchr::memmem;

use crate::store::payload::START;

/// The shortest text that is left out, in bytes: shorter ones compress to little more than a reference takes.
const SHORTEST: usize = 256;
/// The longest, in bytes.
pub(super) const LONGEST: usize = 1 << 20;
/// The most texts of a payload that are looked at.
const MOST: usize = 256;

/// Returns the places of the texts, in order.
pub(super) fn of(payload: &str) -> Vec<Range<usize>> {
    // The record of a span, before its content, has no long texts.
    let first = payload.find(START).unwrap_or(0);
    let bytes = payload.as_bytes();
    let content = bytes.get(first..).unwrap_or_default();
    let mut found = Vec::new();
    let tools = tools(content).map(|tools| tools.start + first..tools.end + first);
    let mut start = None;
    for at in memchr::memchr_iter(b'"', content) {
        let at = at + first;
        if is_escaped(bytes, at) {
            continue;
        }
        let begin: usize = start.replace(at + 1).unwrap_or(at);
        let is_unit = (SHORTEST..=LONGEST).contains(&at.saturating_sub(begin));
        let is_within = |tools: &Range<usize>| begin < tools.end && at > tools.start;
        if is_unit && !tools.as_ref().is_some_and(is_within) && found.len() < MOST {
            found.push(begin..at);
        }
    }
    if let Some(tools) = tools {
        let place = found.partition_point(|unit| unit.end <= tools.start);
        found.insert(place, tools);
    }
    found
}

fn is_escaped(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default().iter().rev();
    before.take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Returns the place of the list of tools: a member of a request, or an attribute.
fn tools(bytes: &[u8]) -> Option<Range<usize>> {
    /// The longest text between the name and the list.
    const BETWEEN: usize = 16;
    let names = [&b"\"tools\""[..], b"gen_ai.tool.definitions"];
    names.into_iter().find_map(|name| {
        let after = memmem::find(bytes, name)? + name.len();
        let between = bytes.get(after..)?.iter().take(BETWEEN);
        let begin = after + between.clone().position(|byte| *byte == b'[')?;
        let end = begin + list(bytes.get(begin..)?)?;
        (SHORTEST..=LONGEST)
            .contains(&(end - begin))
            .then_some(begin..end)
    })
}

/// Returns the length of the list with which a text begins.
fn list(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(payload: &str) -> Vec<&str> {
        of(payload).into_iter().map(|unit| &payload[unit]).collect()
    }

    #[test]
    fn long_strings_are_found_whole() {
        let long = "a \\\"long\\\" text\\\\ ".repeat(20);
        let payload = format!(r#"{{"a":"{long}","short":"b","c":["{long}"]}}"#);
        assert_eq!(texts(&payload), [&long, &long]);
        assert!(texts("").is_empty() && texts("\"").is_empty());
        assert!(texts(&format!("\"{}", "a".repeat(400))).is_empty());
    }

    #[test]
    fn tools_are_one_text() {
        let tool = r#"{"type":"function","name":"a","description":"] } [ \" {"}"#;
        let tools = format!("[{}]", [tool; 8].join(","));
        let long = "b".repeat(300);
        for (before, after) in [
            (
                format!(r#"{{"x":"{long}","tools": "#),
                format!(r#","y":"{long}"}}"#),
            ),
            (
                format!("{{}}\u{1}name 302\n\"{long}\"\u{1}gen_ai.tool.definitions 504\n"),
                format!("\u{1}name 302\n\"{long}\""),
            ),
        ] {
            let payload = format!("{before}{tools}{after}");
            assert_eq!(texts(&payload), [&long, &tools, &long], "{payload}");
        }
        // A list that does not end is none.
        assert!(texts(&format!(r#""tools":[{}"#, "{},".repeat(200))).is_empty());
    }
}
