//! Server-sent events, split without copying.
//!
//! Source: WHATWG HTML, section 9.2 (event stream interpretation): lines end with LF, CR or CRLF, one optional space
//! follows the colon, several `data` lines of one event are joined with LF.

use std::borrow::Cow;

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The joined `data` lines.
    pub data: Cow<'a, [u8]>,
    /// The number of bytes in the stream before the next event.
    pub end: usize,
}

impl Event<'_> {
    /// Returns whether this is the `[DONE]` that ends OpenAI's streams.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.data.trim_ascii() == b"[DONE]"
    }
}

/// Returns whether the beginning of a body is that of an event stream; `None` while it may be either.
///
/// A content type does not decide it: some servers send none with a stream, and some answer a streamed request with one
/// JSON object.
#[must_use]
pub fn looks_like_events(bytes: &[u8]) -> Option<bool> {
    const FIELDS: [&[u8]; 5] = [b"data", b"event", b"id", b"retry", b":"];
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.trim_ascii_start();
    let first = start.first()?;
    if matches!(first, b'{' | b'[' | b'<' | b'"') {
        return Some(false);
    }
    FIELDS
        .iter()
        .any(|field| start.starts_with(field))
        .then_some(true)
}

/// Splits a stream's bytes into its events. An unfinished event at the end counts too: a stream cut right after its
/// last payload has delivered that payload.
pub fn events(bytes: &[u8]) -> impl Iterator<Item = Event<'_>> {
    let whole = bytes.len();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = Lines { rest: bytes };
    std::iter::from_fn(move || {
        let data = next_event(&mut lines)?;
        let end = whole - lines.rest.len();
        Some(Event { data, end })
    })
}

fn next_event<'a>(lines: &mut Lines<'a>) -> Option<Cow<'a, [u8]>> {
    let mut data: Option<Cow<'a, [u8]>> = None;
    for line in lines {
        if line.is_empty() {
            match data {
                Some(data) => return Some(data),
                None => continue,
            }
        }
        let Some(value) = line.strip_prefix(b"data").and_then(|rest| {
            if rest.is_empty() {
                Some(rest)
            } else {
                rest.strip_prefix(b":")
            }
        }) else {
            continue;
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        data = Some(match data {
            None => Cow::Borrowed(value),
            Some(joined) => {
                let mut joined = joined.into_owned();
                joined.push(b'\n');
                joined.extend_from_slice(value);
                Cow::Owned(joined)
            }
        });
    }
    data
}

struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let Some(end) = memchr::memchr2(b'\n', b'\r', self.rest) else {
            return Some(std::mem::take(&mut self.rest));
        };
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.get(1..))
            .unwrap_or_default();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datas(bytes: &[u8]) -> Vec<String> {
        events(bytes)
            .map(|event| String::from_utf8(event.data.into_owned()).unwrap())
            .collect()
    }

    #[test]
    fn every_line_ending_and_spacing() {
        for stream in [
            "data: a\n\ndata: b\n\n",
            "data:a\r\n\r\ndata:b\r\n\r\n",
            "data: a\r\rdata: b\r\r",
        ] {
            assert_eq!(datas(stream.as_bytes()), ["a", "b"]);
        }
    }

    #[test]
    fn comments_names_and_blank_lines_are_no_data() {
        assert_eq!(
            datas(b"\xef\xbb\xbf: hi\n\n\nevent: x\nid: 1\ndata: a\n\nretry: 5\n\n"),
            ["a"]
        );
    }

    #[test]
    fn several_data_lines_are_one_event() {
        assert_eq!(datas(b"data: {\ndata: }\n\n"), ["{\n}"]);
    }

    #[test]
    fn the_first_bytes_tell_a_stream_from_a_body() {
        for (bytes, is_stream) in [
            (&b""[..], None),
            (b"\n\n", None),
            (b"da", None),
            (b"OK", None),
            (b"\xef\xbb\xbfdata: x", Some(true)),
            (b": ping\n\n", Some(true)),
            (b"event: message_start\n", Some(true)),
            (b"\n\n{\"id\":1}", Some(false)),
            (b"<html>", Some(false)),
        ] {
            assert_eq!(looks_like_events(bytes), is_stream, "{bytes:?}");
        }
    }

    #[test]
    fn an_unfinished_event_counts() {
        assert_eq!(datas(b"data: a\n\ndata: [DONE]"), ["a", "[DONE]"]);
        assert!(events(b"data: [DONE]\n\n").next().unwrap().is_done());
        assert_eq!(datas(b""), Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn a_stream_cut_behind_an_event_has_the_events_before(bytes in "(data|event|:|[ \\[\\]x{}\u{e4}]|\r\n|\n|\r){0,60}") {
            let bytes = bytes.into_bytes();
            let all: Vec<_> = events(&bytes).collect();
            for (at, event) in all.iter().enumerate() {
                let before: Vec<_> = events(&bytes[..event.end]).collect();
                proptest::prop_assert_eq!(&before[..], &all[..=at]);
            }
        }

        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            let mut end = 0;
            for event in events(&bytes) {
                proptest::prop_assert!(event.end > end && event.end <= bytes.len());
                end = event.end;
            }
        }
    }
}
