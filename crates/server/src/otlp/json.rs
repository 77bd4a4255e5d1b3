//! OTLP requests in JSON, the default of Node's exporter. Each span is parsed separately, so that an unreadable span
//! does not affect other spans.
//!
//! Source: OTLP 1.x, section "JSON Protobuf Encoding".

use std::fmt;
use std::iter;

use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use spanloom_core::StreamName;

use super::Signal;
use super::bound::{MOST_MESSAGES, MOST_SPANS, Refused};
use super::decode::{self, Taken};
use super::object::{Fields, Object, list, skip};
use super::text;

pub(super) fn read(signal: Signal, body: &[u8], default: &StreamName) -> Result<Taken, Refused> {
    let body = String::from_utf8_lossy(body);
    let body = text::whole(&body);
    // A message is an object.
    if text::objects(&body) > MOST_MESSAGES {
        return Err(Refused::TooMany);
    }
    let request: Object<Request<'_>> =
        serde_json::from_str(&body).map_err(|_| Refused::Malformed)?;
    let groups = request.0.groups;
    let scopes = groups.iter().flat_map(|group| &group.scopes);
    let spans: usize = scopes.map(|scope| scope.messages.count()).sum();
    if spans > MOST_SPANS {
        return Err(Refused::TooMany);
    }
    let mut taken = Taken::default();
    for group in groups {
        let resource = group
            .resource
            .map_or_else(|| Ok(Resource::default()), parsed);
        let sender = taken.sender(resource, default);
        for scope in group.scopes {
            let (name, messages) = (scope.name.as_deref(), scope.messages);
            match signal {
                Signal::Traces => taken.spans(&sender, name, messages.parsed()),
                Signal::Logs => taken.logs(&sender, messages.parsed()),
            }
        }
    }
    Ok(taken)
}

fn parsed<'a, M: Fields<'a>>(message: &'a RawValue) -> Result<M, String> {
    let message: Result<Object<M>, _> = serde_json::from_str(message.get());
    message
        .map(|message| message.0)
        .map_err(|error| error.to_string())
}

#[derive(Default)]
struct Request<'a> {
    groups: Vec<Group<'a>>,
}

impl<'de> Fields<'de> for Request<'de> {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "resourceSpans" | "resource_spans" | "resourceLogs" | "resource_logs" => {
                self.groups.append(&mut list(map)?)
            }
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// The spans of one resource, not yet parsed.
#[derive(Default)]
struct Group<'a> {
    resource: Option<&'a RawValue>,
    scopes: Vec<Scope<'a>>,
}

impl<'de> Fields<'de> for Group<'de> {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "resource" => self.resource = map.next_value()?,
            // The older names are those of OTLP before 0.15.
            "scopeSpans"
            | "scope_spans"
            | "scopeLogs"
            | "scope_logs"
            | "instrumentationLibrarySpans"
            | "instrumentation_library_spans" => {
                self.scopes.append(&mut list(map)?);
            }
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// The spans, or log records, of one scope.
#[derive(Default)]
struct Scope<'a> {
    name: Option<String>,
    messages: Spans<'a>,
}

impl<'de> Fields<'de> for Scope<'de> {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "spans" | "logRecords" | "log_records" => {
                let spans: Option<Spans<'de>> = map.next_value()?;
                self.messages.add(spans.unwrap_or_default());
            }
            "scope" | "instrumentationLibrary" | "instrumentation_library" => {
                let scope: Option<&RawValue> = map.next_value()?;
                // A scope that cannot be read has no name.
                let name = scope.and_then(|scope| parsed::<ScopeName>(scope).ok());
                self.name = name.and_then(|scope| decode::scope(scope.0?));
            }
            _ => skip(map)?,
        }
        Ok(())
    }
}

#[derive(Default)]
struct ScopeName(Option<String>);

impl<'de> Fields<'de> for ScopeName {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "name" => self.0 = map.next_value()?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

#[derive(Default)]
struct Spans<'a> {
    objects: Vec<&'a RawValue>,
    /// The number of items that are not objects; the items are not kept, since there may be very many.
    others: usize,
}

impl<'a> Spans<'a> {
    fn count(&self) -> usize {
        self.objects.len() + self.others
    }

    fn add(&mut self, mut more: Self) {
        self.objects.append(&mut more.objects);
        self.others += more.others;
    }

    fn parsed<M: Fields<'a>>(self) -> impl Iterator<Item = Result<M, String>> {
        let others = iter::repeat_with(|| Err("it is not an object".to_owned()));
        let others = others.take(self.others);
        self.objects.into_iter().map(parsed).chain(others)
    }
}

impl<'de> Deserialize<'de> for Spans<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(SpansVisitor)
    }
}

struct SpansVisitor;

impl<'de> Visitor<'de> for SpansVisitor {
    type Value = Spans<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of spans")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Spans<'de>, A::Error> {
        let mut spans = Spans::default();
        while let Some(span) = seq.next_element::<&'de RawValue>()? {
            match span.get().bytes().next() {
                Some(b'{') => spans.objects.push(span),
                // Nulls are ignored.
                Some(b'n') => {}
                _ => spans.others += 1,
            }
        }
        Ok(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: &str = r#"{"traceId": "01010101010101010101010101010101", "spanId": "0202020202020202", "name": "chat",
        "startTimeUnixNano": "1763848000000000000", "endTimeUnixNano": "1763848001000000000"}"#;

    fn taken(body: &str) -> Result<Taken, Refused> {
        let default = StreamName {
            entity: "local".to_owned(),
            project: "otlp".to_owned(),
            stream: "spans".to_owned(),
        };
        read(Signal::Traces, body.as_bytes(), &default)
    }

    fn spans(spans: &str) -> String {
        format!(r#"{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{spans}]}}]}}]}}"#)
    }

    #[test]
    fn spans_are_found_wherever_they_are() {
        for (body, count) in [
            ("{}".to_owned(), 0),
            (r#"{"resourceSpans": null}"#.to_owned(), 0),
            (r#"{"resourceSpans": [null, {}, {"resource": null, "scopeSpans": [null, {"spans": null}]}]}"#.to_owned(), 0),
            (spans(""), 0),
            (spans(SPAN), 1),
            (spans(&format!("{SPAN}, null, {SPAN}")), 2),
            (format!(r#"{{"a": {{}}, "resource_spans": [{{"scope_spans": [{{"spans": [{SPAN}]}}]}}]}}"#), 1),
            (
                format!(
                    r#"{{"resourceSpans": [{{"instrumentationLibrarySpans": [{{"spans": [{SPAN}], "spans": [{SPAN}]}}]}}]}}"#
                ),
                2,
            ),
        ] {
            let taken = taken(&body).unwrap();
            assert_eq!(taken.records.len(), count, "{body}");
            assert_eq!(taken.partial_success(), None, "{body}");
        }
    }

    #[test]
    fn a_span_that_cannot_be_read_costs_no_other() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(300), "]".repeat(300));
        let deeper = format!(
            "{{\"attributes\": [{{\"value\": {}{}}}]}}",
            "{\"arrayValue\":{\"values\":[".repeat(200),
            "]}}".repeat(200)
        );
        for bad in [
            "1",
            "\"span\"",
            "[]",
            "{}",
            r#"{"name": 5}"#,
            deep.as_str(),
            deeper.as_str(),
        ] {
            let taken = taken(&spans(&format!("{SPAN}, {bad}, {SPAN}"))).unwrap();
            assert_eq!(taken.records.len(), 2, "{bad}");
            let rejected = taken.partial_success().unwrap();
            assert_eq!(rejected.rejected_spans, 1, "{bad}");
            assert!(rejected.error_message.len() < 400, "{bad}");
        }
    }

    #[test]
    fn a_resource_that_cannot_be_read_costs_no_span() {
        let body = format!(
            r#"{{"resourceSpans": [{{"resource": {{"attributes": 1}}, "scopeSpans": [{{"spans": [{SPAN}]}}]}}]}}"#
        );
        let taken = taken(&body).unwrap();
        assert_eq!(taken.records.len(), 1);
        let partial = taken.partial_success().unwrap();
        assert_eq!(partial.rejected_spans, 0);
        assert!(partial.error_message.contains("resource"));
    }

    #[test]
    fn text_that_is_no_unicode_is_repaired() {
        let span = SPAN.replace("chat", "chat \\ud83d");
        let record = taken(&spans(&span)).unwrap().records.remove(0);
        assert_eq!(
            record.record().display_name.as_deref(),
            Some("chat \u{fffd}")
        );
        let mut body = spans(SPAN).into_bytes();
        let at = body.windows(4).position(|four| four == b"chat").unwrap();
        body[at] = 0xff;
        let default = StreamName {
            entity: "local".to_owned(),
            project: "otlp".to_owned(),
            stream: "spans".to_owned(),
        };
        let record = read(Signal::Traces, &body, &default)
            .unwrap()
            .records
            .remove(0);
        assert_eq!(record.record().display_name.as_deref(), Some("\u{fffd}hat"));
    }

    #[test]
    fn too_much_and_what_is_no_request_is_refused() {
        let refused = |body: &str| taken(body).err();
        for body in [
            "",
            "[]",
            "{",
            r#"{"resourceSpans": {}}"#,
            r#"{"resourceSpans": [1]}"#,
        ] {
            assert_eq!(refused(body), Some(Refused::Malformed), "{body}");
        }
        let most = spans(&vec!["{}"; MOST_SPANS].join(","));
        assert_eq!(refused(&most), None);
        for span in ["{}", "0"] {
            let many = spans(&vec![span; MOST_SPANS + 1].join(","));
            assert_eq!(refused(&many), Some(Refused::TooMany));
        }
        let attributes = vec!["{}"; MOST_MESSAGES].join(",");
        let full = spans(&format!(r#"{{"attributes": [{attributes}]}}"#));
        assert_eq!(refused(&full), Some(Refused::TooMany));
    }
}
