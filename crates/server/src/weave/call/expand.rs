//! References in a call, replaced by what they refer to.

use serde_json::Value;
use spanloom_core::{Json, Record};

use crate::reply::Problem;
use crate::store::Store;
use crate::weave::digest::EXTERNAL;
use crate::weave::refs::Reader;

/// The fields in which references are followed.
const INPUTS: &str = "inputs";
const OUTPUT: &str = "output";

/// Follows the references at paths in a call's inputs and output.
pub(super) fn expand_record(
    record: &mut Record,
    paths: &[String],
    store: &Store,
) -> Result<(), Problem> {
    let mut reader = Reader::new(store);
    let tree = |json: &Json| serde_json::from_str::<Value>(json.as_str()).ok();
    let begins = |field: &str| {
        paths
            .iter()
            .any(|path| path.split('.').next() == Some(field))
    };
    if begins(INPUTS)
        && let Some(mut inputs) = tree(&record.inputs)
    {
        expand_field(&mut inputs, INPUTS, paths, &mut reader)?;
        record.inputs = Json::from_value(&inputs);
    }
    if begins(OUTPUT)
        && let Some(mut output) = record.output.as_ref().and_then(tree)
    {
        expand_field(&mut output, OUTPUT, paths, &mut reader)?;
        record.output = Some(Json::from_value(&output));
    }
    Ok(())
}

/// Follows the references at paths in a call.
pub(in crate::weave) fn expand(
    call: &mut Value,
    paths: &[String],
    store: &Store,
) -> Result<(), Problem> {
    let mut reader = Reader::new(store);
    for field in [INPUTS, OUTPUT] {
        if let Some(value) = call.get_mut(field) {
            expand_field(value, field, paths, &mut reader)?;
        }
    }
    Ok(())
}

/// Follows references from the outside in: one may be in what another refers to.
fn expand_field(
    value: &mut Value,
    field: &str,
    paths: &[String],
    reader: &mut Reader<'_>,
) -> Result<(), Problem> {
    let mut paths: Vec<Vec<&str>> = paths.iter().map(|path| path.split('.').collect()).collect();
    paths.sort_by_key(Vec::len);
    for path in paths {
        let Some((head, steps)) = path.split_first() else {
            continue;
        };
        if *head == field
            && let Some(at) = find(value, steps)
        {
            replace(at, reader)?;
        }
    }
    Ok(())
}

fn find<'a>(value: &'a mut Value, steps: &[&str]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match value {
        Value::Object(fields) => fields.get_mut(*step),
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Replaces a reference to an object. An object gets the reference as `_ref`; a reference that leads nowhere stays.
fn replace(at: &mut Value, reader: &mut Reader<'_>) -> Result<(), Problem> {
    let reference = at.as_str().filter(|text| text.starts_with(EXTERNAL));
    let Some(reference) = reference.map(str::to_owned) else {
        return Ok(());
    };
    let Some(found) = reader.object(&reference)? else {
        return Ok(());
    };
    *at = found;
    if let Some(fields) = at.as_object_mut() {
        fields.entry("_ref").or_insert_with(|| reference.into());
    }
    Ok(())
}
