//! Versioned objects.
//!
//! | file | what |
//! |---|---|
//! | `create` | `POST /obj/create` |
//! | `read` | `POST /obj/read`, `/obj/delete`, and `/service/projects_info` |
//! | `list` | `POST /objs/query` |
//! | `labels` | tags and aliases |

mod create;
mod labels;
mod list;
mod read;

use axum::http::StatusCode;
pub(super) use create::create;
pub(crate) use labels::Labels;
pub(super) use labels::{add_tags, aliases, remove_aliases, remove_tags, set_aliases, tags};
pub(super) use list::query;
pub(super) use read::{delete, projects_info, read};
use serde::Serialize;
use serde_json::value::RawValue;
use spanloom_core::{StreamName, Timestamp};

use crate::reply::Problem;
use crate::store::{ObjectKind, Store, Version};

/// Returns the version of an object or an op that a digest, `latest`, `vN` or an alias refers to. Blocks on the disk.
pub(crate) fn find_version(
    store: &Store,
    project: &str,
    name: &str,
    digest: &str,
) -> Result<Option<Version>, Problem> {
    find(store, project, name, digest, None)
}

/// Returns the version of a name that a digest, `latest`, `vN` or an alias refers to, preferring existing versions to deleted
/// ones. Blocks on the disk.
pub(super) fn find(
    store: &Store,
    project: &str,
    name: &str,
    digest: &str,
    kind: Option<ObjectKind>,
) -> Result<Option<Version>, Problem> {
    let number = digest
        .strip_prefix('v')
        .and_then(|number| number.parse::<i64>().ok());
    let mut versions = store.versions(project, Some(name), kind)?;
    versions.retain(|version| match (digest, number) {
        ("latest", _) => version.is_latest,
        (_, Some(number)) => version.number == number || version.digest == digest,
        _ => version.digest == digest,
    });
    versions.sort_by_key(|version| version.deleted_at.is_none());
    match versions.pop() {
        Some(version) => Ok(Some(version)),
        None => match labels::aliased(store, project, name, digest)? {
            Some(digest) => exact(store, project, name, &digest, kind),
            None => Ok(None),
        },
    }
}

fn exact(
    store: &Store,
    project: &str,
    name: &str,
    digest: &str,
    kind: Option<ObjectKind>,
) -> Result<Option<Version>, Problem> {
    let versions = store.versions(project, Some(name), kind)?;
    Ok(versions
        .into_iter()
        .rfind(|version| version.digest == digest))
}

/// A version in the format of W&B's clients.
#[derive(Serialize)]
struct Shown {
    project_id: String,
    object_id: String,
    digest: String,
    version_index: i64,
    /// 0 or 1.
    is_latest: u8,
    kind: &'static str,
    base_object_class: Option<String>,
    leaf_object_class: Option<String>,
    /// The text that was sent.
    val: Option<Box<RawValue>>,
    created_at: Timestamp,
    deleted_at: Option<Timestamp>,
    wb_user_id: Option<String>,
    size_bytes: i64,
    tags: Vec<String>,
    aliases: Vec<String>,
}

impl Shown {
    fn of(version: Version, project: &str, value: String, labels: &Labels) -> Self {
        Self {
            tags: labels.tags(&version),
            aliases: labels.aliases(&version),
            project_id: project.to_owned(),
            object_id: version.name,
            digest: version.digest,
            version_index: version.number,
            is_latest: u8::from(version.is_latest),
            kind: version.kind.as_str(),
            base_object_class: version.base_class,
            leaf_object_class: version.leaf_class,
            val: RawValue::from_string(value).ok(),
            created_at: version.created_at,
            deleted_at: version.deleted_at,
            wb_user_id: None,
            size_bytes: version.bytes,
        }
    }
}

/// The value shown for a version if only its metadata is requested.
const NO_VALUE: &str = "{}";

pub(super) fn check_project(project: &str) -> Result<(), Problem> {
    let name = format!("{project}/x");
    StreamName::parse(&name, None)
        .map(drop)
        .map_err(|_| unprocessable("project_id must be entity/project"))
}

fn unprocessable(reason: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason)
}
