//! The payload of a call: its record as JSON, followed by the content of a span that was not read yet.
//!
//! Such content is a list of attributes. Each has a line with its name and the bytes of its text, and then the text:
//! neither is escaped, so that storing it is copying it. The line begins with a control character that JSON has nowhere.

use std::fmt::Write as _;
use std::io;

use spanloom_core::mapping::UnreadContent;
use spanloom_core::{CallInfo, Record};

use super::incoming::Incoming;
use super::repeats;

/// What is stored in place of the payload of a deleted call.
pub(super) const DELETED: &str = "deleted";

/// The start of an attribute.
pub(super) const START: char = '\u{1}';

/// Returns the payload of a call.
pub(super) fn write(call: &Incoming) -> io::Result<String> {
    let span = match call {
        Incoming::Record(record) => return text(record.to_json()?),
        Incoming::Span(span) => span,
    };
    let mut payload = text(span.to_json()?)?;
    // The longest line of a text.
    const LINE: usize = 64;
    payload.reserve(
        span.content
            .texts()
            .map(|(_, text)| text.len() + LINE)
            .sum(),
    );
    for (name, text) in span.content.texts() {
        // Writing into a string does not fail.
        let _ = writeln!(payload, "{START}{name} {}", text.len());
        payload.push_str(text);
    }
    Ok(payload)
}

/// Reads the record of a payload, with the texts that are stored apart by their numbers; `None` if it is damaged. Returns
/// whether all its texts could be read; a record of which a text is lost is marked as damaged.
pub(super) fn read(
    payload: &str,
    text: impl FnMut(i64) -> Option<String>,
) -> Option<(Record, bool)> {
    let (payload, is_whole) = repeats::whole(payload, text)?;
    Some((record(&payload, is_whole)?, is_whole))
}

/// Reads the record of a payload that holds its texts, all of them or not.
pub(super) fn record(payload: &str, is_whole: bool) -> Option<Record> {
    let mut record = whole(payload)?;
    if !is_whole {
        let info = CallInfo {
            damaged: true,
            ..record.info()
        };
        record.set_info(&info);
    }
    Some(record)
}

fn whole(payload: &str) -> Option<Record> {
    let (json, mut content) = payload.split_at(payload.find(START).unwrap_or(payload.len()));
    let mut record = serde_json::from_str(json).ok()?;
    let mut texts = Vec::new();
    while !content.is_empty() {
        let (line, rest) = content.strip_prefix(START)?.split_once('\n')?;
        let (name, length) = line.rsplit_once(' ')?;
        let (text, rest) = rest.split_at_checked(length.parse().ok()?)?;
        texts.push((name.to_owned(), text.to_owned()));
        content = rest;
    }
    texts
        .into_iter()
        .collect::<UnreadContent>()
        .read_into(&mut record);
    Some(record)
}

fn text(json: Vec<u8>) -> io::Result<String> {
    String::from_utf8(json).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use spanloom_core::StreamName;
    use spanloom_core::mapping::{Attributes, Span, mapped, record};

    use super::*;

    /// Returns a span with these texts as content.
    fn span(request: &str, answer: &str) -> Span {
        let attributes = [
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.request.model", "gpt-4o"),
            ("gen_ai.request.temperature", "0.5"),
            ("gen_ai.input.messages", request),
            ("gen_ai.output.messages", answer),
        ];
        let attribute = |(name, text): (&str, &str)| (name.to_owned(), Value::from(text));
        Span {
            name: "chat gpt-4o".to_owned(),
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
            span_id: "00f067aa0ba902b7".to_owned(),
            attributes: attributes.map(attribute).into_iter().collect(),
            ..Span::default()
        }
    }

    fn stored(span: Span) -> String {
        let stream = StreamName::parse("acme/chatbot/logs", None).unwrap();
        let span = mapped(span, &Attributes::default(), &stream);
        write(&Incoming::Span(Box::new(span))).unwrap()
    }

    #[test]
    fn a_span_becomes_the_record_that_it_is_without_a_store() {
        let stream = StreamName::parse("acme/chatbot/logs", None).unwrap();
        for text in [
            r#"[{"role":"user","parts":[{"type":"text","content":"hi"}]}]"#,
            "[{\"role\": \"user\",\n \"content\": \"hi\"}]\n",
            "",
            "\n",
            "a text\ngen_ai.output.messages 3\n[1]",
            "[not JSON",
            "\u{1f}ünïcode \u{1f30a}",
        ] {
            let payload = stored(span(text, text));
            let direct = record(span(text, text), &Attributes::default(), &stream);
            assert_eq!(read(&payload, |_| None), Some((direct, true)), "{payload}");
        }
    }

    #[test]
    fn the_layout_of_a_clients_json_is_kept() {
        let call = r#"{"project_id":"e/p","id":"1","op_name":"f","started_at":"2026-11-22T10:00:00Z",
            "inputs":{
                "question":	"why?"
            },"output":[
            ]}"#;
        let record: Record = serde_json::from_str(call).unwrap();
        assert!(record.inputs.as_str().contains('\n'));
        let payload = write(&record.clone().into()).unwrap();
        assert_eq!(read(&payload, |_| None), Some((record, true)));
    }

    #[test]
    fn a_damaged_payload_is_no_record() {
        let payload = stored(span("[]", "[]"));
        for bytes in 1..payload.len() {
            let (cut, rest) = payload.split_at(bytes);
            // Where a text ends, what is before it is whole.
            let is_whole = rest.starts_with("\u{1}gen_ai");
            assert_eq!(read(cut, |_| None).is_some(), is_whole, "{cut}");
        }
        assert_eq!(read("", |_| None), None);
        assert_eq!(
            read(&payload.replace(" 2\n", " 20000000000000000000\n"), |_| {
                None
            }),
            None
        );
    }
}
