//! `spanloom demo --tour`: three made-up days of an assistant, so that every page of the board has something to show: an agent with
//! tools, conversations, an experiment, cache hits and misses, failures, two deploys. Each call has the attribute `made_up`.
//!
//! | file | what |
//! |---|---|
//! | `days` | what happened |
//! | `script` | what it is made of |
//! | `random` | numbers that look random |
//! | `span` | a span, as OTLP |

mod days;
mod random;
mod script;
mod span;

use std::time::SystemTime;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use spanloom_core::Timestamp;

use crate::error::Error;

/// Where the days are recorded.
const PROJECT: &str = "demo/tour";
const SERVICE: &str = "assistant";
/// The spans of a request.
const SPANS: usize = 400;
const HALF_HOUR: i64 = 1_800_000_000_000;

/// Records the days that end now, and returns the address of their board.
pub(super) async fn record(base: &str) -> Result<String, Error> {
    // The last conversation may go on for some minutes.
    let spans = days::until(Timestamp::from(SystemTime::now()).as_nanos() - HALF_HOUR);
    // The demo's own server is on this machine.
    let http = reqwest::Client::builder().no_proxy().build();
    let http = http.map_err(|error| Error::no_http_client(&error))?;
    for spans in spans.chunks(SPANS) {
        let sent = http
            .post(format!("{base}/v1/traces"))
            .header("content-type", "application/x-protobuf")
            .header("project_id", PROJECT)
            .body(request(spans.to_vec()).encode_to_vec());
        let answer = sent
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        answer.map_err(|error| Error::failed(format!("the tour was not recorded: {error}")))?;
    }
    Ok(format!("{base}/{PROJECT}/table/{SERVICE}"))
}

fn request(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource {
        attributes: vec![span::attribute("service.name", SERVICE)],
        ..Resource::default()
    };
    let spans = ScopeSpans {
        spans,
        ..ScopeSpans::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![spans],
            ..ResourceSpans::default()
        }],
    }
}
