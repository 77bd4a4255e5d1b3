//! An annotation's value, checked against the schema of the annotation spec that it is for.

use std::sync::Arc;

use axum::http::StatusCode;
use boon::{Compiler, Schemas, UrlLoader};
use serde_json::Value;

use super::create::New;
use super::kind::ANNOTATION;
use crate::app::App;
use crate::reply::Problem;
use crate::store::Store;
use crate::store::question::Until;
use crate::weave::refs::{Reader, Reference};

/// The class of annotation specs in W&B's clients.
const SPEC: &str = "AnnotationSpec";

/// Refuses annotations with a value that their spec does not allow.
pub(super) async fn check(app: &Arc<App>, new: &[New]) -> Result<(), Problem> {
    let annotations: Vec<Annotation> = new.iter().filter_map(Annotation::of).collect();
    if annotations.is_empty() {
        return Ok(());
    }
    let place = app.stream()?;
    let store = Arc::clone(app);
    let question = move |until: &Until| {
        annotations.iter().try_for_each(|annotation| {
            until.check()?;
            annotation.check(&store.store)
        })
    };
    let checked = app.questions.ask_until(question).await;
    drop(place);
    checked
}

struct Annotation {
    project: String,
    spec: String,
    value: Value,
}

impl Annotation {
    fn of(new: &New) -> Option<Self> {
        let spec = new.annotation_ref.clone();
        let spec = spec.filter(|_| new.feedback_type.starts_with(ANNOTATION))?;
        Some(Self {
            project: new.project_id.clone(),
            spec,
            value: new.payload.get("value").cloned()?,
        })
    }

    /// Blocks on the disk.
    fn check(&self, store: &Store) -> Result<(), Problem> {
        let spec = &self.spec;
        let refused = |reason: String| Err(Problem::bad_request(reason));
        let reference = Reference::parse(spec)?;
        if reference.project() != self.project {
            return refused(format!(
                "Annotation ref {spec} does not match project id {}",
                self.project
            ));
        }
        let Some(version) = reference.version(store)? else {
            return Err(Problem::not_found(format!("there is no {spec}")));
        };
        if version.deleted_at.is_some() {
            return refused(format!("Annotation ref {spec} not found"));
        }
        if version.base_class.as_deref() != Some(SPEC) {
            return refused(format!(
                "Annotation ref {spec} is not a valid annotation spec"
            ));
        }
        let value = Reader::new(store).object(spec)?.unwrap_or_default();
        let schema = value.get("field_schema").cloned().unwrap_or_default();
        match meets(&self.value, schema) {
            Ok(true) => Ok(()),
            Ok(false) => refused("Feedback payload does not match annotation spec".to_owned()),
            Err(reason) => {
                let reason = format!("the schema of {spec} cannot be used: {reason}");
                Err(Problem::new(StatusCode::BAD_REQUEST, reason))
            }
        }
    }
}

/// Loads nothing: a schema must not make the server read files or ask other servers.
struct NoLoader;

impl UrlLoader for NoLoader {
    fn load(&self, url: &str) -> Result<Value, Box<dyn std::error::Error>> {
        Err(format!("{url} is outside the schema").into())
    }
}

/// The references in a schema, and the levels of a value that is checked against references: together they bound the work,
/// which doubles where two references lead to the same place.
const REFERENCES: usize = 8;
const LEVELS: usize = 4;
/// The bytes of a schema.
const SCHEMA: usize = 64 << 10;

/// Refuses a schema that would take long to check.
fn bounded(value: &Value, schema: &Value) -> Result<(), String> {
    let text = schema.to_string();
    let words = ["\"$ref\"", "\"$dynamicRef\"", "\"$recursiveRef\""];
    let references: usize = words.iter().map(|word| text.matches(word).count()).sum();
    if text.len() > SCHEMA || references > REFERENCES {
        return Err(format!(
            "it has more than {SCHEMA} bytes or {REFERENCES} references"
        ));
    }
    match references > 0 && depth(value) > LEVELS {
        true => Err(format!(
            "a value may have {LEVELS} levels for a schema with references"
        )),
        false => Ok(()),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Returns whether a value meets a schema; every value meets an absent one.
fn meets(value: &Value, schema: Value) -> Result<bool, String> {
    const PLACE: &str = "spec.json";
    if schema.is_null() {
        return Ok(true);
    }
    bounded(value, &schema)?;
    let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
    compiler.use_loader(Box::new(NoLoader));
    compiler
        .add_resource(PLACE, schema)
        .map_err(|error| error.to_string())?;
    let compiled = compiler
        .compile(PLACE, &mut schemas)
        .map_err(|error| error.to_string())?;
    Ok(schemas.validate(value, compiled).is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_checked_against_every_kind_of_schema() {
        let score = json!({"type": "number", "minimum": -1, "maximum": 1});
        let word = json!({"type": "string", "enum": ["good", "bad"]});
        let short = json!({"type": "string", "maxLength": 3, "pattern": "^[a-z]+$"});
        let many = json!({"type": "array", "items": {"$ref": "#/$defs/word"}, "$defs": {"word": {"type": "string"}}});
        for (schema, value, is_met) in [
            (&score, json!(0), true),
            (&score, json!(42), false),
            (&score, json!("0"), false),
            (&word, json!("good"), true),
            (&word, json!("so so"), false),
            (&short, json!("abc"), true),
            (&short, json!("abcd"), false),
            (&short, json!("AB"), false),
            (&many, json!(["a", "b"]), true),
            (&many, json!([1]), false),
            (&json!({}), json!({"any": [1]}), true),
            (&Value::Null, json!(1), true),
        ] {
            assert_eq!(
                meets(&value, schema.clone()),
                Ok(is_met),
                "{schema} {value}"
            );
        }
    }

    #[test]
    fn a_schema_reads_nothing_outside_itself() {
        for place in ["file:///etc/hostname", "http://127.0.0.1:9/schema.json"] {
            assert!(meets(&json!(1), json!({"$ref": place})).is_err(), "{place}");
        }
        assert!(meets(&json!(1), json!({"type": "nothing"})).is_err());
        assert!(meets(&json!(1), json!({"pattern": "("})).is_err());
    }

    #[test]
    fn a_schema_that_would_take_long_is_refused() {
        let level = |n: usize| {
            let next = json!({"$ref": format!("#/$defs/{}", n + 1)});
            (n.to_string(), json!({"allOf": [next, next]}))
        };
        let mut levels: serde_json::Map<String, Value> = (0..40).map(level).collect();
        levels.insert("40".to_owned(), json!({}));
        let doubling = json!({"$ref": "#/$defs/0", "$defs": levels});
        assert!(meets(&json!(1), doubling).is_err());
        let both = json!({"items": {"$ref": "#"}});
        let recursive = json!({"anyOf": [both, both], "not": {"type": "number"}});
        let deep = (0..60).fold(json!(1), |inner, _| json!([inner]));
        assert!(meets(&deep, recursive.clone()).is_err());
        assert_eq!(meets(&json!([["a"]]), recursive), Ok(true));
    }
}
