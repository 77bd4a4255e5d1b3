//! The server that records go to, queried through Weave's API.

use std::time::{Duration, SystemTime};

use reqwest::header::DATE;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use spanloom::{Destination, StreamName};

use super::finding::Finding;
use crate::error::Error;

const TIMEOUT: Duration = Duration::from_secs(5);
/// The number of attempts to find the made-up call, and the time between them: a server may show a call some time after
/// it accepted the call.
const LOOKS: usize = 20;
const BETWEEN: Duration = Duration::from_millis(500);
/// A larger difference between the clocks puts calls outside the board's range.
const CLOCK: Duration = Duration::from_secs(60);

pub(super) struct Backend {
    base: String,
    destination: Destination,
    client: Client,
}

impl Backend {
    pub(super) fn new(destination: Destination) -> Result<Self, Error> {
        // Uses the same proxy as records, or none.
        let (builder, _) = destination.http_client();
        let client = builder
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        Ok(Self {
            base: destination.address().trim_end_matches('/').to_owned(),
            destination,
            client: client
                .build()
                .map_err(|error| Error::no_http_client(&error))?,
        })
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        self.destination.authorize(request)
    }

    /// Checks network, clock, key and permission.
    pub(super) async fn check(&self, stream: &StreamName) -> Vec<Finding> {
        let info = self
            .client
            .get(format!("{}/server_info", self.base))
            .send()
            .await;
        let response = match info {
            Ok(response) => response,
            Err(error) => return vec![self.unreachable(&error)],
        };
        let mut findings = vec![match response.status() {
            status if status.is_success() => {
                Finding::passed("reachability", format!("{} answers", self.base))
            }
            status => Finding::warned(
                "reachability",
                format!(
                    "{}/server_info returns {status}: is this a Weave server?",
                    self.base
                ),
            ),
        }];
        findings.extend(clock(&response));
        let project = format!("{}/{}", stream.entity, stream.project);
        let asked = self.client.post(format!("{}/calls/query_stats", self.base));
        let asked = self.with_key(asked).json(&json!({"project_id": project}));
        findings.push(match asked.send().await {
            Ok(response) => self.permission(response.status(), &project),
            Err(error) => self.unreachable(&error),
        });
        findings
    }

    fn unreachable(&self, error: &reqwest::Error) -> Finding {
        let why = if error.is_timeout() {
            "does not answer"
        } else {
            "cannot be reached"
        };
        let known = self.destination.why(error);
        let finding = Finding::failed("reachability", format!("{} {why}: {known}", self.base));
        if self.destination.is_loopback() {
            finding.with_remedy(match self.base.split_once("://") {
                Some((_, address)) if !address.ends_with(":7440") => format!(
                    "start it with `spanloom serve --listen {address}`, or correct the address"
                ),
                _ => "start it with `spanloom serve`, or set WANDB_API_KEY for W&B".to_owned(),
            })
        } else {
            finding.with_remedy("check the address, and whether a proxy (HTTPS_PROXY) is required")
        }
    }

    fn permission(&self, status: StatusCode, project: &str) -> Finding {
        match status.as_u16() {
            200..=299 => Finding::passed("permission", format!("{project} may be read")),
            401 => Finding::failed("permission", format!("{} refuses the key", self.base))
                .with_remedy("set WANDB_API_KEY to a key of this server, and WF_TRACE_SERVER_URL to its address: the key is sent to that address only"),
            403 => Finding::failed("permission", format!("the key may not read {project}"))
                .with_remedy("check the entity in --stream ENTITY/PROJECT/STREAM"),
            other => Finding::warned("permission", format!("the query for {project} returns {other}")),
        }
    }

    /// Returns the call with this mark.
    pub(super) async fn read_back(&self, stream: &StreamName, mark: &str) -> Option<Value> {
        let query = json!({
            "project_id": format!("{}/{}", stream.entity, stream.project), "limit": 50, "include_costs": true,
            "sort_by": [{"field": "started_at", "direction": "desc"}],
        });
        for _ in 0..LOOKS {
            let asked = self
                .client
                .post(format!("{}/calls/stream_query", self.base));
            let answer = self.with_key(asked).json(&query).send().await.ok()?;
            let text = answer.text().await.ok()?;
            let calls = text
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok());
            let marked = |call: &Value| {
                call.pointer("/attributes/doctor")
                    .is_some_and(|it| it == mark)
            };
            if let Some(call) = calls.into_iter().find(marked) {
                return Some(call);
            }
            tokio::time::sleep(BETWEEN).await;
        }
        None
    }
}

/// Checks that this clock agrees with the server's.
fn clock(response: &Response) -> Option<Finding> {
    let date = response.headers().get(DATE)?.to_str().ok()?;
    let theirs = httpdate::parse_http_date(date).ok()?;
    let now = SystemTime::now();
    let off = now
        .duration_since(theirs)
        .or_else(|_| theirs.duration_since(now))
        .ok()?;
    Some(if off > CLOCK {
        let detail = format!("this clock and the server's differ by {} s", off.as_secs());
        Finding::warned("clock", detail)
            .with_remedy("calls are recorded at the wrong time: set the clock")
    } else {
        Finding::passed("clock", "agrees with the server's")
    })
}
