//! References to objects and values at paths in them: `weave:///entity/project/object/NAME:DIGEST/attr/K/index/N`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::EXTERNAL;
use super::{objects, query};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::{ObjectKind, Store, Version};

/// The maximum number of references in a request, as in W&B's server.
const MOST: usize = 1_000;
/// The maximum bytes of such a request.
const BODY: usize = 512 << 10;
/// The maximum number of references followed for a request, including references within values.
const FOLLOWED: usize = 4 * MOST;
/// The maximum length of a chain of references.
const HOPS: usize = 16;
/// The maximum bytes of the objects that are read for a request.
const BYTES: i64 = 64 << 20;

#[derive(Deserialize)]
struct ReadBatch {
    refs: Vec<String>,
}

#[derive(Serialize)]
struct Found {
    vals: Vec<Value>,
}

pub(super) async fn read_batch(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let ReadBatch { refs } = query::read(&app, request, BODY).await?;
    if refs.len() > MOST {
        return Err(Problem::bad_request(format!(
            "a request may have at most {MOST} refs"
        )));
    }
    let place = app.stream()?;
    let store = Arc::clone(&app);
    let question = move || {
        let mut reader = Reader::new(&store.store);
        let vals = refs.iter().map(|reference| reader.value(reference, HOPS));
        let vals = vals.collect::<Result<_, Problem>>()?;
        Ok(reply::json(&Found { vals }))
    };
    Ok(reply::held(app.questions.ask(question).await?, place))
}

/// A reference to an object or an op.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    project: String,
    kind: ObjectKind,
    name: String,
    digest: String,
    /// Steps into the value.
    path: Vec<String>,
}

impl Reference {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let invalid = || {
            let shown: String = text.chars().take(200).collect();
            Problem::bad_request(format!("invalid ref: {shown}"))
        };
        let mut parts = text.strip_prefix(EXTERNAL).ok_or_else(invalid)?.split('/');
        let mut part = || {
            parts
                .next()
                .filter(|part| !part.is_empty())
                .ok_or_else(invalid)
        };
        let (entity, project, kind, version) = (part()?, part()?, part()?, part()?);
        let (name, digest) = version.rsplit_once(':').ok_or_else(invalid)?;
        let kind = match kind {
            "op" => ObjectKind::Op,
            "object" => ObjectKind::Object,
            _ => return Err(invalid()),
        };
        if digest.is_empty() {
            return Err(invalid());
        }
        let decoded = |part: &str| {
            let decoded = percent_decode_str(part).decode_utf8();
            decoded.map(|part| part.into_owned()).map_err(|_| invalid())
        };
        let steps = parts.map(decoded).collect::<Result<Vec<_>, _>>()?;
        if !steps.len().is_multiple_of(2) {
            return Err(invalid());
        }
        Ok(Self {
            project: format!("{entity}/{project}"),
            kind,
            name: name.to_owned(),
            digest: digest.to_owned(),
            path: steps,
        })
    }
}

impl Reference {
    pub(super) fn project(&self) -> &str {
        &self.project
    }

    /// Returns the version that is referred to. Blocks on the disk.
    pub(super) fn version(&self, store: &Store) -> Result<Option<Version>, Problem> {
        objects::find(
            store,
            &self.project,
            &self.name,
            &self.digest,
            Some(self.kind),
        )
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_op(&self) -> bool {
        self.kind == ObjectKind::Op
    }
}

/// A reader of referenced values, with bounds for a whole request.
pub(super) struct Reader<'a> {
    store: &'a Store,
    followed: usize,
    bytes: i64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self {
            store,
            followed: 0,
            bytes: 0,
        }
    }

    /// Returns the value of a reference to an object or an op; `None` for any other, and for one that leads nowhere.
    pub(super) fn object(&mut self, reference: &str) -> Result<Option<Value>, Problem> {
        if Reference::parse(reference).is_err() {
            return Ok(None);
        }
        match self.value(reference, HOPS) {
            Ok(value) => Ok(Some(value).filter(|value| !value.is_null())),
            Err(problem) if problem.status() == StatusCode::NOT_FOUND => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Returns the value of a reference; null for a deleted object, and for a path that leads nowhere.
    fn value(&mut self, reference: &str, hops: usize) -> Result<Value, Problem> {
        let hops = hops.checked_sub(1).ok_or_else(too_much)?;
        let reference = Reference::parse(reference)?;
        let version = reference.version(self.store)?.ok_or_else(|| {
            let Reference { name, digest, .. } = &reference;
            Problem::not_found(format!("there is no {name}:{digest}"))
        })?;
        if version.deleted_at.is_some() {
            return Ok(Value::Null);
        }
        self.read_more(version.bytes)?;
        let text = self.store.value(&version)?;
        let mut value: Value = serde_json::from_str(&text).unwrap_or_default();
        for step in reference.path.chunks(2) {
            let [edge, key] = step else { continue };
            // A value may itself be a reference: the path continues in its target.
            let inner = value.as_str().filter(|text| text.starts_with(EXTERNAL));
            if let Some(inner) = inner.map(str::to_owned) {
                if let Some((project, _)) = table_of(&inner) {
                    value = self.row(project, edge, key)?;
                    continue;
                }
                value = self.value(&inner, hops)?;
            }
            value = match (edge.as_str(), value) {
                ("attr" | "key", Value::Object(mut fields)) => {
                    fields.remove(key).unwrap_or_default()
                }
                ("index", Value::Array(mut items)) => match key.parse::<usize>() {
                    Ok(index) if index < items.len() => items.swap_remove(index),
                    _ => Value::Null,
                },
                _ => Value::Null,
            };
        }
        Ok(value)
    }

    /// Returns the row of a table that a step of a reference leads to.
    fn row(&mut self, project: &str, edge: &str, digest: &str) -> Result<Value, Problem> {
        if edge != "id" {
            let reason = "a ref into a table continues with id and the digest of a row";
            return Err(Problem::bad_request(reason));
        }
        let text = self.store.table_row(project, digest)?;
        let text = text.ok_or_else(|| Problem::not_found(format!("there is no row {digest}")))?;
        self.read_more(i64::try_from(text.len()).unwrap_or(i64::MAX))?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Counts a value that was read.
    fn read_more(&mut self, bytes: i64) -> Result<(), Problem> {
        self.followed += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        match self.followed > FOLLOWED || self.bytes > BYTES {
            true => Err(too_much()),
            false => Ok(()),
        }
    }
}

fn too_much() -> Problem {
    Problem::bad_request("the refs resolve to too much data for one answer; request fewer")
}

/// Returns the project and the digest of a reference to a table.
pub(crate) fn table_of(reference: &str) -> Option<(&str, &str)> {
    let rest = reference.strip_prefix(EXTERNAL)?;
    let (project, digest) = rest.split_once("/table/")?;
    (project.matches('/').count() == 1).then_some((project, digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_with_their_paths() {
        let reference = Reference::parse("weave:///e/p/op/my.op:d1/attr/a%2Fb/index/0").unwrap();
        assert_eq!(
            reference,
            Reference {
                project: "e/p".to_owned(),
                kind: ObjectKind::Op,
                name: "my.op".to_owned(),
                digest: "d1".to_owned(),
                path: ["attr", "a/b", "index", "0"].map(str::to_owned).to_vec(),
            }
        );
        for wrong in [
            "",
            "weave:///",
            "weave:///e/p",
            "weave:///e/p/object/name",
            "weave:///e/p/object/name:",
            "weave:///e/p/table/abc",
            "weave:///e/p/object/name:d/attr",
            "http://e/p/object/name:d",
        ] {
            assert!(Reference::parse(wrong).is_err(), "{wrong}");
        }
    }
}
