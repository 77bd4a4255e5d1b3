//! `POST /obj/create`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{check_project, unprocessable};
use crate::app::App;
use crate::body::RECORDS;
use crate::reply::{self, Problem};
use crate::store::{Object, ObjectKind};
use crate::weave::digest::{self, NoDigest};

/// The maximum characters of a name, as in W&B's API.
const LONGEST_NAME: usize = 128;

#[derive(Deserialize)]
struct Create {
    obj: NewObject,
}

#[derive(Deserialize)]
struct NewObject {
    project_id: String,
    object_id: String,
    val: Box<RawValue>,
    #[serde(default)]
    builtin_object_class: Option<String>,
    #[serde(default)]
    expected_digest: Option<String>,
}

/// The fields of a value that are inspected.
#[derive(Deserialize)]
struct Class {
    #[serde(default)]
    _type: Option<Value>,
    #[serde(default)]
    weave_type: Option<Value>,
    #[serde(default)]
    _class_name: Option<Value>,
    #[serde(default)]
    _bases: Option<Value>,
}

pub(in crate::weave) async fn create(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let held = app.bodies.read(&parts.headers, body, RECORDS).await?;
    let (object, room) = held.parsed(|bytes| new_object(bytes)).await?;
    let answer = json!({"digest": object.digest, "object_id": object.name});
    app.store.put_object(object).await?;
    drop(room);
    Ok(reply::json(&answer))
}

fn new_object(body: &[u8]) -> Result<Object, Problem> {
    let Create { obj } = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body cannot be read: {error}")))?;
    check_project(&obj.project_id)?;
    check_name(&obj.object_id)?;
    if obj.builtin_object_class.is_some() {
        return Err(unprocessable("builtin_object_class is not supported"));
    }
    let digest = digest::of_value(&obj.val).map_err(|no_digest| match no_digest {
        NoDigest::Reference => Problem::bad_request("a ref in the object has no project"),
        NoDigest::Value => {
            unprocessable("the object is nested too deeply, or contains an invalid text")
        }
    })?;
    if obj
        .expected_digest
        .as_ref()
        .is_some_and(|expected| *expected != digest)
    {
        let reason = format!("the object's digest is {digest}, not the expected one");
        return Err(Problem::new(StatusCode::CONFLICT, reason));
    }
    let class: Option<Class> = serde_json::from_str(obj.val.get()).ok();
    let is_op = class.as_ref().is_some_and(Class::is_op);
    let (base_class, leaf_class) = class.as_ref().map(Class::names).unwrap_or_default();
    Ok(Object {
        project: obj.project_id,
        name: obj.object_id,
        digest,
        kind: if is_op {
            ObjectKind::Op
        } else {
            ObjectKind::Object
        },
        base_class,
        leaf_class,
        value: Box::<str>::from(obj.val).into(),
    })
}

impl Class {
    fn is_op(&self) -> bool {
        let is = |value: &Option<Value>, word: &str| {
            value.as_ref().and_then(Value::as_str) == Some(word)
        };
        let of_type = self.weave_type.as_ref().and_then(|kind| kind.get("type"));
        is(&self._type, "CustomWeaveType") && of_type.and_then(Value::as_str) == Some("Op")
    }

    /// Returns the class directly below W&B's own base classes, and the object's own class.
    fn names(&self) -> (Option<String>, Option<String>) {
        let leaf = self._class_name.as_ref().and_then(Value::as_str);
        let bases: Vec<&str> = match self._bases.as_ref().and_then(Value::as_array) {
            Some(bases) => bases.iter().filter_map(Value::as_str).collect(),
            None => Vec::new(),
        };
        let base = match bases.as_slice() {
            [.., base, "Object" | "BaseObject", "BaseModel"] => Some(*base),
            ["Object" | "BaseObject", "BaseModel"] => leaf,
            _ => None,
        };
        (base.map(str::to_owned), leaf.map(str::to_owned))
    }
}

fn check_name(name: &str) -> Result<(), Problem> {
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        let reason = format!("object_id must have 1 to {LONGEST_NAME} characters");
        return Err(Problem::bad_request(reason));
    }
    match name
        .chars()
        .all(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | '.'))
    {
        true => Ok(()),
        false => Err(unprocessable(
            "object_id may only contain letters, digits, _, - and .",
        )),
    }
}
