//! Records as calls of Weave's API: complete calls, or start and end for servers that know only those.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use spanloom_core::mapping::{Attributes, stream_of};
use spanloom_core::{Record, StreamName};

use super::Stored;
use super::verdict::{Table, Verdict, of_status};
use crate::content::Content;
use crate::exchange::{Answer, Framing, Request};
use crate::item::CallEvaluation;
use crate::span::{attributes, record};

/// The beginning of the route of feedback; a project's own name has no colon.
const FEEDBACK: &str = "feedback:";

/// The Weave protocol of one destination.
#[derive(Debug)]
pub(crate) struct Weave {
    base: Url,
    headers: HeaderMap,
    stream: StreamName,
    content: Content,
    /// Whether the server is W&B's own, which refuses or misreads some of what ours accepts.
    is_hosted: bool,
    resource: OnceLock<Attributes>,
    form: Form,
    /// Whether spans are recorded as calls that have not ended.
    is_of_starts: bool,
}

/// The form in which calls are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `POST /v2/{entity}/{project}/calls/complete`
    Complete,
    /// `POST /call/upsert_batch`, for servers that have only that.
    Parts,
}

impl Weave {
    pub(crate) fn new(
        base: Url,
        mut headers: HeaderMap,
        stream: StreamName,
        content: Content,
        is_hosted: bool,
    ) -> Self {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self {
            base,
            headers,
            stream,
            content,
            is_hosted,
            resource: OnceLock::new(),
            form: Form::Complete,
            is_of_starts: false,
        }
    }

    /// Returns the protocol of start records.
    pub(super) fn of_starts(self) -> Self {
        Self {
            form: Form::Parts,
            is_of_starts: true,
            ..self
        }
    }

    pub(crate) fn encode(&self, span: Arc<SpanData>, resource: &Resource) -> Option<Stored> {
        let resource = self.resource.get_or_init(|| attributes(resource));
        let mut span = Arc::unwrap_or_clone(span);
        self.content.apply(&mut span);
        let mut record = record(span, resource, &self.stream);
        if self.is_of_starts {
            record.ended_at = None;
        }
        if self.is_hosted {
            record = record.for_wandb();
        }
        let route = format!("{}/{}", record.stream.entity, record.stream.project);
        let body = record.to_json().ok()?;
        Some(Stored {
            route: route.into(),
            body: body.into(),
        })
    }

    /// Encodes an evaluation as feedback on its call.
    pub(super) fn encode_evaluation(
        &self,
        call: &CallEvaluation,
        resource: &Resource,
    ) -> Option<Stored> {
        let resource = self.resource.get_or_init(|| attributes(resource));
        let stream = stream_of(resource, &self.stream);
        let project = format!("{}/{}", stream.entity, stream.project);
        let evaluation = self.content.evaluation(call);
        let feedback = evaluation.feedback(&project, &call.call, call.at)?;
        // One route is one request, and W&B's older servers take one at a time.
        let route = match self.is_hosted {
            true => feedback.get("id").and_then(serde_json::Value::as_str)?,
            false => &project,
        };
        Some(Stored {
            route: format!("{FEEDBACK}{route}").into(),
            body: serde_json::to_vec(&feedback).ok()?.into(),
        })
    }

    pub(crate) fn request(&self, records: &[&Stored]) -> Option<Request> {
        let route = std::str::from_utf8(&records.first()?.route).ok()?;
        if route.starts_with(FEEDBACK) {
            return Some(match records {
                [one] => self.post(&["feedback", "create"], one.body.clone()),
                all => {
                    let bodies = all.iter().map(|stored| Cow::Borrowed(&*stored.body));
                    let body = batch(&bodies.collect::<Vec<_>>());
                    self.post(&["feedback", "batch", "create"], body)
                }
            });
        }
        let (entity, project) = route.split_once('/')?;
        self.request_to(entity, project, records)
    }

    /// Returns a request for a project, possibly without records.
    pub(super) fn request_to(
        &self,
        entity: &str,
        project: &str,
        records: &[&Stored],
    ) -> Option<Request> {
        let (path, calls): (&[&str], Vec<Cow<'_, [u8]>>) = match self.form {
            Form::Complete => (
                &["v2", entity, project, "calls", "complete"],
                records
                    .iter()
                    .map(|stored| Cow::Borrowed(&*stored.body))
                    .collect(),
            ),
            Form::Parts => (
                &["call", "upsert_batch"],
                records
                    .iter()
                    .flat_map(|stored| parts(&stored.body))
                    .map(Cow::Owned)
                    .collect(),
            ),
        };
        Some(self.post(path, batch(&calls)))
    }

    fn post(&self, path: &[&str], body: Bytes) -> Request {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        Request {
            url,
            headers: self.headers.clone(),
            body,
            carrier: Framing::Http,
        }
    }

    /// Returns what an answer to feedback means. A server that is busy gets it again; one that fails on it, refuses it or has no
    /// feedback must not hold up calls.
    fn judge_feedback(answer: &Answer) -> Verdict {
        match of_status(Table::Weave, answer.status, answer.retry_after()) {
            Verdict::Delivered { .. } if !answer.is_object() => Verdict::Rejected,
            Verdict::Retry(pause) if answer.status != 500 => Verdict::Retry(pause),
            delivered @ Verdict::Delivered { .. } => delivered,
            _ => Verdict::Rejected,
        }
    }

    pub(super) fn judge(&mut self, records: &[&Stored], answer: &Answer) -> Verdict {
        let route = records.first().map(|stored| &*stored.route);
        if route.is_some_and(|route| route.starts_with(FEEDBACK.as_bytes())) {
            return Self::judge_feedback(answer);
        }
        let verdict = of_status(Table::Weave, answer.status, answer.retry_after());
        match verdict {
            // A portal, or a server with one page for everything, is not a destination.
            Verdict::Delivered { .. } if answer.status == 200 && !answer.is_object() => {
                Verdict::Retry(None)
            }
            Verdict::Unsupported if self.form == Form::Complete => {
                self.form = Form::Parts;
                Verdict::RetryAsParts
            }
            // The server knows neither form: the next try starts with the first one again.
            Verdict::Unsupported => {
                self.form = Form::Complete;
                Verdict::Rejected
            }
            other => other,
        }
    }
}

/// Returns the start and the end of a call.
fn parts(complete: &[u8]) -> Vec<Vec<u8>> {
    let record: Result<Record, _> = serde_json::from_slice(complete);
    let parts = record.iter().flat_map(Record::parts);
    parts
        .filter_map(|part| serde_json::to_vec(&part).ok())
        .collect()
}

/// Returns `{"batch":[call, …]}`, spliced from the calls' own JSON.
fn batch(calls: &[Cow<'_, [u8]>]) -> Bytes {
    let size: usize = calls.iter().map(|call| call.len() + 1).sum();
    let mut body = Vec::with_capacity(size + 16);
    body.extend_from_slice(b"{\"batch\":[");
    for (index, call) in calls.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(call);
    }
    body.extend_from_slice(b"]}");
    body.into()
}
