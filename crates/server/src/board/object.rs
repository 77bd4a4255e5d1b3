//! `GET /api/objects`: the objects of a project, and `GET /api/object`: a version of an object, with its other versions, the
//! code of an op, and the first rows of a dataset.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::parameters::Parameters;
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::{ObjectKind, Store};
use crate::weave::{Labels, find_version, table_of};

/// The maximum number of rows that are shown of a dataset.
const MOST_ROWS: usize = 100;
/// The maximum bytes of those rows.
const MOST_BYTES: usize = 1 << 20;

/// The newest version of an object.
#[derive(Serialize)]
struct Listed {
    name: String,
    class: Option<String>,
    digest: String,
    versions: usize,
    /// Milliseconds since the epoch.
    created_at: f64,
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["entity", "project"])?;
    let (entity, project) = (
        parameters.required("entity")?,
        parameters.required("project")?,
    );
    let project = format!("{entity}/{project}");
    let store = Arc::clone(&app);
    let question = move || objects(&store.store, &project);
    let objects = app.questions.ask(question).await?;
    Ok(reply::json(&json!({"objects": objects})))
}

/// Returns the objects of a project, the newest first. Ops are left out: each function has one.
fn objects(store: &Store, project: &str) -> Result<Vec<Listed>, Problem> {
    let mut versions = store.versions(project, None, Some(ObjectKind::Object))?;
    versions.retain(|version| version.deleted_at.is_none());
    let mut counts: HashMap<String, usize> = HashMap::new();
    for version in &versions {
        *counts.entry(version.name.clone()).or_default() += 1;
    }
    versions.retain(|version| version.is_latest);
    versions.sort_by_key(|version| Reverse(version.created_at.as_nanos()));
    let listed = versions.into_iter().map(|version| Listed {
        versions: counts.get(&version.name).copied().unwrap_or(1),
        name: version.name,
        class: version.base_class.or(version.leaf_class),
        digest: version.digest,
        created_at: super::stats::ms(version.created_at.as_nanos()),
    });
    Ok(listed.collect())
}

#[derive(Serialize)]
struct Found {
    name: String,
    kind: &'static str,
    class: Option<String>,
    digest: String,
    /// All versions, the newest first.
    versions: Vec<Version>,
    /// As it was sent.
    value: Option<Box<RawValue>>,
    code: Option<String>,
    rows: Option<Rows>,
}

#[derive(Serialize)]
struct Version {
    digest: String,
    number: i64,
    /// Milliseconds since the epoch.
    created_at: f64,
    bytes: i64,
    tags: Vec<String>,
    aliases: Vec<String>,
}

#[derive(Serialize)]
struct Rows {
    count: usize,
    first: Vec<Box<RawValue>>,
}

pub(super) async fn one(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["entity", "project", "name", "digest"])?;
    let [entity, project, name, digest] = ["entity", "project", "name", "digest"]
        .map(|parameter| parameters.required(parameter).map(str::to_owned));
    let (project, name, digest) = (format!("{}/{}", entity?, project?), name?, digest?);
    let place = app.stream()?;
    let store = Arc::clone(&app);
    let question = move || {
        Ok(reply::json(&object(
            &store.store,
            &project,
            &name,
            &digest,
        )?))
    };
    Ok(reply::held(app.questions.ask(question).await?, place))
}

fn object(store: &Store, project: &str, name: &str, digest: &str) -> Result<Found, Problem> {
    let found = find_version(store, project, name, digest)?;
    let found = found.filter(|version| version.deleted_at.is_none());
    let missing = || Problem::not_found("there is no such version of an object in this project");
    let found = found.ok_or_else(missing)?;
    let labels = Labels::read(store, project)?;
    let mut versions = store.versions(project, Some(name), Some(found.kind))?;
    versions.retain(|version| version.deleted_at.is_none());
    versions.reverse();
    let value = store.value(&found)?;
    Ok(Found {
        code: code(store, project, &value)?,
        rows: rows(store, &value)?,
        name: found.name,
        kind: found.kind.as_str(),
        class: found.base_class.or(found.leaf_class),
        digest: found.digest,
        versions: versions
            .into_iter()
            .map(|version| Version {
                tags: labels.tags(&version),
                aliases: labels.aliases(&version),
                digest: version.digest,
                number: version.number,
                created_at: super::stats::ms(version.created_at.as_nanos()),
                bytes: version.bytes,
            })
            .collect(),
        value: RawValue::from_string(value).ok(),
    })
}

/// Returns the code of an op, which is a file.
fn code(store: &Store, project: &str, value: &str) -> Result<Option<String>, Problem> {
    let value: serde_json::Value = serde_json::from_str(value).unwrap_or_default();
    let Some(digest) = value
        .pointer("/files/obj.py")
        .and_then(|digest| digest.as_str())
    else {
        return Ok(None);
    };
    let file = store.file(project, digest)?;
    Ok(file.and_then(|file| String::from_utf8(file).ok()))
}

/// Returns the first rows of a dataset.
fn rows(store: &Store, value: &str) -> Result<Option<Rows>, Problem> {
    let value: serde_json::Value = serde_json::from_str(value).unwrap_or_default();
    let reference = value.get("rows").and_then(|rows| rows.as_str());
    let Some((project, digest)) = reference.and_then(table_of) else {
        return Ok(None);
    };
    let digests = store.table(project, digest)?.unwrap_or_default();
    let (mut first, mut bytes) = (Vec::new(), 0);
    for digest in digests.iter().take(MOST_ROWS) {
        let Some(row) = store.table_row(project, digest)? else {
            continue;
        };
        bytes += row.len();
        if bytes > MOST_BYTES {
            break;
        }
        first.extend(RawValue::from_string(row).ok());
    }
    Ok(Some(Rows {
        count: digests.len(),
        first,
    }))
}
