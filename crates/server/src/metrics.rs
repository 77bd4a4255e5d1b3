//! `GET /metrics`: what the server counts, in OpenMetrics' text, which Prometheus reads. `GET /ready`: whether records can be stored.
//!
//! Nothing in it is from a request or a record but the route and the status, so that no content and no name leaves here, and the
//! number of series is bounded by the routes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use serde_json::json;

use crate::app::{App, LIVE};
use crate::reply::{self, Problem};
use crate::store::Space;

/// The bounds of a request's duration in seconds. A question takes two at most.
const SECONDS: [f64; 9] = [0.002, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// The form of the text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// What is counted while requests are answered.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("spanloom");
        let requests = Family::default();
        registry.register("requests", "Answered requests", requests.clone());
        let new: fn() -> Histogram = || Histogram::new(SECONDS);
        let durations = Family::new_with_constructor(new);
        registry.register_with_unit(
            "request_duration",
            "The time from the head of a request to the head of its answer",
            Unit::Seconds,
            durations.clone(),
        );
        Self {
            registry,
            requests,
            durations,
        }
    }
}

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/ready", get(ready))
}

/// Counts a request by its route, as it is written in the code, and its status.
pub(crate) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or("none", MatchedPath::as_str).to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let took = begun.elapsed().as_secs_f64();
    let answered = Answered {
        route: route.clone(),
        status: response.status().as_u16(),
    };
    app.metrics.requests.get_or_create(&answered).inc();
    let durations = &app.metrics.durations;
    durations.get_or_create(&Route { route }).observe(took);
    response
}

async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let store = Arc::clone(&app);
    let space = app.questions.ask(move || Ok(store.store.space())).await?;
    let mut text = String::new();
    let written = encode_registry(&mut text, &app.metrics.registry)
        .and_then(|()| encode_registry(&mut text, &now(&app, &space)))
        .and_then(|()| encode_eof(&mut text));
    written.map_err(|_| Problem::internal("the metrics could not be written"))?;
    Ok(reply::typed(OPEN_METRICS, text))
}

/// Returns what is the case now.
fn now(app: &App, space: &Space) -> Registry {
    let mut registry = Registry::with_prefix("spanloom");
    // Not of the type `info`, which readers of Prometheus' own text do not know.
    let build = Family::<[(&str, &str); 1], Gauge>::default();
    build
        .get_or_create(&[("version", env!("CARGO_PKG_VERSION"))])
        .set(1);
    registry.register("build_info", "The version of the server", build);
    for (name, help, value) in gauges(app, space) {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    }
    for (name, help, value) in counters(app) {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        registry.register(name, help, counter);
    }
    registry
}

type Number = (&'static str, &'static str, u64);

fn gauges(app: &App, space: &Space) -> [Number; 8] {
    let health = app.store.health();
    let refuses = u64::from(health.refused.is_some());
    let live = (LIVE - app.live.available_permits()) as u64;
    let (file, used) = (space.file_bytes, space.used_bytes);
    let (memory, calls) = (space.memory_bytes as u64, space.calls as u64);
    let (lost, damaged) = (health.lost_calls as u64, health.damaged_frames as u64);
    [
        ("calls", "Stored calls", calls),
        ("database_bytes", "Size of the database's files", file),
        ("database_used_bytes", "Size of the data in them", used),
        ("memory_bytes", "Size of the calls in memory", memory),
        (
            "refuses_records",
            "1 while records cannot be stored",
            refuses,
        ),
        (
            "lost_calls",
            "Calls that were unreadable at the start",
            lost,
        ),
        (
            "damaged_frames",
            "Damaged payloads that were found",
            damaged,
        ),
        (
            "live_followers",
            "Clients that follow calls as they come",
            live,
        ),
    ]
}

fn counters(app: &App) -> [Number; 2] {
    let arrived = app.store.memory().rows.len() as u64;
    let unused = app.other_logs.load(Ordering::Relaxed);
    [
        (
            "calls_arrived",
            "Calls of the database, deleted ones among them",
            arrived,
        ),
        (
            "unused_log_records",
            "Log records that belong to no call",
            unused,
        ),
    ]
}

/// Answers with 503 while records cannot be stored; `/health` answers with 200 as long as the server runs.
async fn ready(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    match app.store.health().refused {
        None => Ok(reply::json(&json!({"status": "ready"}))),
        Some(refused) => Err(refused.into()),
    }
}
