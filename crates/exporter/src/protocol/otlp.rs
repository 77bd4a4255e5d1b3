//! Spans as OTLP, over HTTP and gRPC.
//!
//! Each span is encoded separately (attributes by `attribute`, the rest by the stock exporter's conversion), so that
//! batches can be cut by their true bytes and a spool can hold spans; a request is spliced from encoded spans. Source:
//! `opentelemetry/proto/trace/v1/trace.proto`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message as _;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, TE};
use spanloom_core::StreamName;

use super::field::{field_length, put_head, put_message};
use super::route::{self, Route};
use super::verdict::{Table, Verdict, of_grpc, of_status};
use super::{Stored, attribute};
use crate::content::Content;
use crate::exchange::{Answer, Framing, Request};
use crate::profile::{Profile, stream_of};

/// The most bytes of an inflated answer.
const ANSWER_BYTES: u64 = 4 << 20;

/// The OTLP protocol of one destination.
#[derive(Debug)]
pub(crate) struct Otlp {
    url: Url,
    headers: HeaderMap,
    carrier: Framing,
    profile: Profile,
    stream: StreamName,
    content: Content,
    turns: bool,
    /// The scope and stream seen last, and their route.
    last: Option<(InstrumentationScope, StreamName, Bytes)>,
}

impl Otlp {
    pub(crate) fn new(
        url: Url,
        mut headers: HeaderMap,
        carrier: Framing,
        profile: Profile,
        stream: StreamName,
        content: Content,
    ) -> Self {
        let kind = match carrier {
            Framing::Http => "application/x-protobuf",
            Framing::Grpc => "application/grpc",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if carrier == Framing::Grpc {
            headers.insert(TE, HeaderValue::from_static("trailers"));
        }
        Self {
            url,
            headers,
            carrier,
            profile,
            stream,
            content,
            turns: false,
            last: None,
        }
    }

    pub(super) fn with_turns(self, turns: bool) -> Self {
        Self { turns, ..self }
    }

    pub(super) fn encode(&mut self, span: Arc<SpanData>, resource: &Resource) -> Stored {
        let mut span = Arc::unwrap_or_clone(span);
        self.content.apply(&mut span);
        // A collector has no streams, so a span's own stream makes no difference there.
        let stream = match self.profile {
            Profile::Collector => self.stream.clone(),
            Profile::WandbOtlp | Profile::WandbAgents => stream_of(&span, resource, &self.stream),
        };
        let mut span = self.profile.span(span, &stream);
        let turn = self.turns.then(|| self.profile.turn(&mut span)).flatten();
        let scope = &span.instrumentation_scope;
        let known = |(last, of, _): &&(InstrumentationScope, StreamName, Bytes)| {
            last == scope && *of == stream
        };
        let route = match self.last.as_ref().filter(known) {
            Some((.., route)) => route.clone(),
            None => {
                let resource = self.profile.resource(resource, &stream);
                let route = route::of(&resource, scope);
                self.last = Some((scope.clone(), stream, route.clone()));
                route
            }
        };
        match turn {
            None => Stored {
                route,
                body: encoded(span).into(),
            },
            Some(turn) => Stored {
                route: route::of_several(&route),
                body: fields(&[encoded(turn), encoded(span)]),
            },
        }
    }

    /// Returns an `ExportTraceServiceRequest` with one `ResourceSpans` for each route.
    pub(super) fn request(&self, records: &[&Stored]) -> Request {
        let mut routes: BTreeMap<&Bytes, Vec<&Bytes>> = BTreeMap::new();
        for stored in records {
            routes.entry(&stored.route).or_default().push(&stored.body);
        }
        let mut message = BytesMut::new();
        for (route, spans) in routes {
            // An unreadable route was spooled by another version: its spans go without resource and scope.
            let Route {
                resource,
                scope,
                several,
            } = Route::read(route).unwrap_or_default();
            let length = |body: &Bytes| match several {
                true => body.len(),
                false => field_length(body.len()),
            };
            let spans_length: usize = spans.iter().map(|body| length(body)).sum();
            let scope_length = scope.len() + spans_length;
            let resource_length = resource.len() + field_length(scope_length);
            message.reserve(field_length(resource_length));
            put_head(&mut message, 1, resource_length);
            message.put_slice(resource);
            put_head(&mut message, 2, scope_length);
            message.put_slice(scope);
            for body in spans {
                if !several {
                    put_head(&mut message, 2, body.len());
                }
                message.put_slice(body);
            }
        }
        Request {
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: message.freeze(),
            carrier: self.carrier,
        }
    }

    pub(super) fn judge(&self, answer: &Answer) -> Verdict {
        let verdict = match self.carrier {
            Framing::Http => of_status(Table::Otlp, answer.status, answer.retry_after()),
            Framing::Grpc => grpc(answer),
        };
        let message = match self.carrier {
            Framing::Http => Some(Cow::Borrowed(answer.body.as_ref())),
            Framing::Grpc => framed(&answer.body)
                .filter(|message| ExportTraceServiceResponse::decode(&**message).is_ok()),
        };
        match (verdict, message) {
            // A page for people is not from a collector, and a gRPC server answers with a message.
            (Verdict::Delivered { .. }, _) if answer.is_page() => Verdict::Retry(None),
            (Verdict::Delivered { .. }, None) => Verdict::Retry(None),
            (Verdict::Delivered { .. }, Some(message)) => {
                let spans = rejected(&message);
                // A record may be a turn and its call, which are refused together or not.
                let rejected = if self.turns { spans.div_ceil(2) } else { spans };
                Verdict::Delivered { rejected }
            }
            (other, _) => other,
        }
    }
}

/// Returns the message of a frame; servers compress the answer to a compressed request.
fn framed(body: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (head, message) = body.split_first_chunk::<5>()?;
    let [is_compressed, length @ ..] = *head;
    if usize::try_from(u32::from_be_bytes(length)).ok()? != message.len() {
        return None;
    }
    if is_compressed == 0 {
        return Some(Cow::Borrowed(message));
    }
    let mut inflated = Vec::new();
    let mut decoder = MultiGzDecoder::new(message).take(ANSWER_BYTES);
    decoder.read_to_end(&mut inflated).ok()?;
    Some(Cow::Owned(inflated))
}

fn grpc(answer: &Answer) -> Verdict {
    let header = |name: &str| answer.headers.get(name)?.to_str().ok();
    match header("grpc-status").and_then(|code| code.parse().ok()) {
        Some(code) => of_grpc(
            code,
            header("grpc-status-details-bin").and_then(super::retry_info::of_details),
        ),
        // An intermediary answered. Source: gRPC's mapping of HTTP statuses.
        None => match answer.status {
            401 | 403 => Verdict::Unauthorized,
            407 => Verdict::Proxy,
            429 | 502 | 503 | 504 | 200 => Verdict::Retry(answer.retry_after()),
            _ => Verdict::Rejected,
        },
    }
}

/// Returns the number of spans that a partial success refused.
fn rejected(message: &[u8]) -> u64 {
    let response = ExportTraceServiceResponse::decode(message).ok();
    let Some(partial) = response.and_then(|response| response.partial_success) else {
        return 0;
    };
    if partial.rejected_spans > 0 || !partial.error_message.is_empty() {
        tracing::warn!(name: "spanloom.export.partial", rejected = partial.rejected_spans,
            message = %spanloom_core::secret::mask(&partial.error_message), "the destination accepted only part of a request");
    }
    u64::try_from(partial.rejected_spans).unwrap_or(0)
}

/// Encodes a span.
fn encoded(mut span: SpanData) -> Vec<u8> {
    let attributes = std::mem::take(&mut span.attributes);
    let rest = Span::from(span);
    let mut body = Vec::with_capacity(rest.encoded_len() + attribute::room(&attributes));
    // Encoding into a growable buffer never fails.
    let _written = rest.encode(&mut body);
    attribute::append(&mut body, &attributes);
    body
}

/// Returns spans as fields of a `ScopeSpans`.
fn fields(spans: &[Vec<u8>]) -> Bytes {
    let mut fields = BytesMut::new();
    for span in spans {
        put_message(&mut fields, 2, span);
    }
    fields.freeze()
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
    use spanloom_testkit::SpanRecorder;

    use super::*;

    fn spans() -> Vec<SpanData> {
        let recorder = SpanRecorder::new();
        let provider = recorder.provider();
        for scope in ["a", "b", "a"] {
            let scope = InstrumentationScope::builder(scope)
                .with_version("1")
                .with_schema_url("https://example.com/schema")
                .with_attributes([KeyValue::new("of", "scope")])
                .build();
            let tracer = provider.tracer_with_scope(scope);
            let mut span = tracer.start("chat m");
            span.set_attribute(KeyValue::new("gen_ai.usage.input_tokens", 7));
            span.add_event("e", vec![KeyValue::new("k", "v")]);
            span.end();
        }
        recorder.spans()
    }

    #[test]
    fn a_request_is_what_the_stock_exporter_would_send() {
        let resource = Resource::builder_empty()
            .with_attributes([KeyValue::new("service.name", "s")])
            .build();
        let url = "http://127.0.0.1:4318/v1/traces".parse().unwrap();
        let mut otlp = Otlp::new(
            url,
            HeaderMap::new(),
            Framing::Http,
            Profile::Collector,
            "a/b/c".parse().unwrap(),
            Content::default(),
        );
        let spans = spans();
        let stored: Vec<Stored> = spans
            .iter()
            .map(|span| otlp.encode(Arc::new(span.clone()), &resource))
            .collect();
        let request = otlp.request(&stored.iter().collect::<Vec<_>>());
        let ours = ExportTraceServiceRequest::decode(request.body).unwrap();
        let stock = group_spans_by_resource_and_scope(spans, &(&resource).into());
        let by_scope =
            |resource_spans: Vec<opentelemetry_proto::tonic::trace::v1::ResourceSpans>| {
                let mut found = Vec::new();
                for of_resource in resource_spans {
                    for of_scope in of_resource.scope_spans {
                        found.push((
                            of_resource.resource.clone(),
                            of_resource.schema_url.clone(),
                            of_scope,
                        ));
                    }
                }
                found.sort_by_key(|(_, _, scope)| scope.scope.clone().unwrap().name);
                found
            };
        assert_eq!(by_scope(ours.resource_spans), by_scope(stock));
    }

    #[test]
    fn a_turn_is_sent_with_its_call() {
        let url = || "http://127.0.0.1/agents/otel/v1/traces".parse().unwrap();
        let otlp = || {
            let stream = "a/b/c".parse().unwrap();
            let (profile, content) = (Profile::WandbAgents, Content::default());
            Otlp::new(
                url(),
                HeaderMap::new(),
                Framing::Http,
                profile,
                stream,
                content,
            )
        };
        let recorder = SpanRecorder::new();
        let tracer = recorder.provider().tracer("a");
        for conversation in ["c", ""] {
            let mut span = tracer.start("chat m");
            span.set_attribute(KeyValue::new("gen_ai.operation.name", "chat"));
            span.set_attribute(KeyValue::new("gen_ai.conversation.id", conversation));
            span.end();
        }
        for (turns, names) in [
            (true, vec!["chat m", "chat m", "invoke_agent c"]),
            (false, vec!["chat m", "chat m"]),
        ] {
            let mut otlp = otlp().with_turns(turns);
            let resource = Resource::builder_empty().build();
            let spans = recorder.spans().into_iter();
            let stored: Vec<Stored> = spans
                .map(|span| otlp.encode(Arc::new(span), &resource))
                .collect();
            let request = otlp.request(&stored.iter().collect::<Vec<_>>());
            let request = ExportTraceServiceRequest::decode(request.body).unwrap();
            let resources = request.resource_spans.iter();
            let scopes = resources.flat_map(|it| {
                assert_eq!(it.resource.as_ref().unwrap().attributes.len(), 2);
                &it.scope_spans
            });
            let spans = scopes.flat_map(|it| {
                assert_eq!(it.scope.as_ref().unwrap().name, "a");
                &it.spans
            });
            let mut got: Vec<&str> = spans.map(|span| span.name.as_str()).collect();
            got.sort_unstable();
            assert_eq!(got, names);
        }
    }

    #[test]
    fn an_answer_may_be_compressed() {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"message").unwrap();
        let message = encoder.finish().unwrap();
        let mut body = vec![1, 0, 0, 0, u8::try_from(message.len()).unwrap()];
        body.extend(message);
        assert_eq!(framed(&body).unwrap(), Cow::Borrowed(b"message"));
        assert_eq!(framed(&[0, 0, 0, 0, 0]).unwrap(), Cow::Borrowed(b""));
        for broken in [&[0, 0, 0, 0, 9, 1][..], &[1, 0, 0, 0, 1, 1], &[0]] {
            assert_eq!(framed(broken), None);
        }
    }

    #[test]
    fn a_partial_success_says_how_many() {
        use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;
        let response = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 3,
                error_message: "no".to_owned(),
            }),
        };
        assert_eq!(rejected(&response.encode_to_vec()), 3);
        assert_eq!(rejected(&[]), 0);
        assert_eq!(rejected(b"no message at all"), 0);
    }
}
