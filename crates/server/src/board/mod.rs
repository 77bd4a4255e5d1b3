//! The board: its pages and the API that they read.
//!
//! | file | what |
//! |---|---|
//! | `assets` | the pages, embedded |
//! | `parameters` | the parameters of requests |
//! | `property` | the properties that requests group and filter by |
//! | `search` | conditions on fields and words of the content, in one line of text |
//! | `selection` | the calls that a request selects |
//! | `scope` | a copy of the store, and the selected calls in it |
//! | `stats` | measures, as the page reads them |
//! | `summary` | the numbers and the charts |
//! | `query` | several views of a stream's calls at once |
//! | `views` | measures by time and by group, as views ask for them |
//! | `ranking` | which groups of a view are shown |
//! | `sort` | the order of groups |
//! | `quantity` | numbers whose sum, mean and spread are shown |
//! | `groups` | calls by one or two properties |
//! | `trace` | one trace as a tree |
//! | `turns` | one conversation |
//! | `streams` | all streams |
//! | `calls` | the table, and one call |
//! | `live` | new calls, as events |
//! | `export` | calls as a file |
//! | `values` | the values of a property |
//! | `deletion` | the deletion of calls |
//! | `saved` | boards that people have saved |
//! | `object` | the objects that W&B's clients have published |
//! | `tree` | the spans of a trace, and the sums below each |
//! | `content` | the messages of a call, whichever API produced them |
//! | `conversation` | the same messages, as the page shows them |
//! | `media` | images and sounds that a call carries |
//! | `text` | one-line previews of prompts and answers |

mod assets;
mod calls;
mod content;
mod conversation;
mod deletion;
mod export;
mod groups;
mod live;
mod media;
mod object;
mod parameters;
mod property;
mod quantity;
mod query;
mod ranking;
mod saved;
mod scope;
mod search;
mod selection;
mod sort;
mod stats;
mod streams;
mod summary;
mod text;
mod trace;
mod tree;
mod turns;
mod values;
mod views;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use crate::app::App;
use crate::reply::{self, Problem};
use parameters::Parameters;
use selection::place;

pub(crate) use assets::nothing;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/openapi.json", get(description))
        .route("/api/info", get(info))
        .route("/api/streams", get(streams::streams))
        .route("/api/version", get(version))
        .route("/api/summary", get(summary::summary))
        .route("/api/query", post(query::query))
        .route("/api/groups", get(groups::groups))
        .route("/api/trace", get(trace::trace))
        .route("/api/conversation", get(turns::conversation))
        .route("/api/live", get(live::live))
        .route("/api/export", get(export::export))
        .route("/api/values", get(values::values))
        .route("/api/calls", get(calls::list).delete(deletion::delete))
        .route("/api/call", get(calls::one))
        .route("/api/boards", get(saved::list).post(saved::save))
        .route("/api/board", get(saved::one).delete(saved::delete))
        .route("/api/objects", get(object::list))
        .route("/api/object", get(object::one))
        .merge(assets::routes())
}

/// The description of this API, in OpenAPI's form.
const DESCRIPTION: &str = include_str!("openapi.json");

async fn description() -> Response {
    reply::typed("application/json", DESCRIPTION)
}

async fn info(State(app): State<Arc<App>>) -> Response {
    reply::json(&json!({
        "name": "spanloom",
        "version": env!("CARGO_PKG_VERSION"),
        "base_url": app.url,
        "otlp_http": app.otlp_url,
        "space": app.store.space(),
        "other_logs": app.other_logs.load(Ordering::Relaxed),
    }))
}

async fn version(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    // All streams share one version: a page that reloads because of another stream still shows correct data.
    place(&Parameters::read(
        query.as_deref(),
        &["entity", "project", "stream"],
    )?)?;
    Ok(reply::json(&json!({"version": app.store.memory().version})))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    #[test]
    fn every_route_is_described() {
        let routes = include_str!("mod.rs").split(".route(\"").skip(1);
        let routes: BTreeSet<&str> = routes
            .filter_map(|route| route.split('"').next())
            .filter(|route| route.starts_with("/api/"))
            .collect();
        let description: Value = serde_json::from_str(super::DESCRIPTION).unwrap();
        let described = description["paths"].as_object().unwrap().keys();
        let described: BTreeSet<&str> = described.map(String::as_str).collect();
        assert_eq!(routes, described);
    }
}
