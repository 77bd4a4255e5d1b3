//! References to objects, and what stands at a path within one: `weave:///entity/project/object/NAME:DIGEST/attr/K/index/N`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::digest::EXTERNAL;
use super::objects::{self, Version};
use super::query;
use crate::reply::{self, Problem};
use crate::server::App;
use crate::store::Store;

/// References of one request, as W&B's server has it.
const MOST: usize = 1_000;
/// References that are followed from one to the next.
const HOPS: usize = 16;

#[derive(Deserialize)]
struct ReadBatch {
    refs: Vec<String>,
}

pub(super) async fn read_batch(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let ReadBatch { refs } = query::read(&app, request).await?;
    if refs.len() > MOST {
        return Err(Problem::bad_request(format!(
            "a request may have {MOST} refs"
        )));
    }
    let store = Arc::clone(&app);
    let question = move || {
        let values = refs
            .iter()
            .map(|reference| value(&store.store, reference, HOPS));
        values.collect::<Result<Vec<Value>, Problem>>()
    };
    let values = app.questions.ask(question).await?;
    Ok(reply::json(&json!({"vals": values})))
}

/// A reference to an object or an op.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    project: String,
    name: String,
    digest: String,
    /// Steps into the value.
    path: Vec<String>,
}

impl Reference {
    fn parse(text: &str) -> Result<Self, Problem> {
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
        if !matches!(kind, "object" | "op") || digest.is_empty() {
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
            name: name.to_owned(),
            digest: digest.to_owned(),
            path: steps,
        })
    }
}

/// What a reference stands for; null for a deleted object, and for a path that leads nowhere.
fn value(store: &Store, reference: &str, hops: usize) -> Result<Value, Problem> {
    let hops = hops
        .checked_sub(1)
        .ok_or_else(|| Problem::bad_request("the refs lead from one to the next without end"))?;
    let Reference {
        project,
        name,
        digest,
        path,
    } = Reference::parse(reference)?;
    let found = match objects::find(store, &project, &name, &digest)? {
        Version::Stored(found) => found,
        Version::Deleted(_) => return Ok(Value::Null),
        Version::Missing => return Err(Problem::not_found(format!("there is no {name}:{digest}"))),
    };
    let mut value: Value = serde_json::from_str(&found.object.value).unwrap_or_default();
    let mut steps = path.chunks(2);
    while let Some([edge, key]) = steps.next() {
        // A value may itself be a reference: the path goes on behind it.
        if let Some(inner) = value.as_str().filter(|text| text.starts_with(EXTERNAL)) {
            value = self::value(store, inner, hops)?;
        }
        value = match (edge.as_str(), value) {
            ("attr" | "key", Value::Object(mut fields)) => fields.remove(key).unwrap_or_default(),
            ("index", Value::Array(mut items)) => match key.parse::<usize>() {
                Ok(index) if index < items.len() => items.swap_remove(index),
                _ => Value::Null,
            },
            _ => Value::Null,
        };
    }
    Ok(value)
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
