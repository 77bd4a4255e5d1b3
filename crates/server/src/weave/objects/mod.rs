//! Objects in versions.
//!
//! | file | what |
//! |---|---|
//! | `create` | `POST /obj/create` |
//! | `read` | `POST /obj/read`, `/obj/delete`, and `/service/projects_info` |
//! | `list` | `POST /objs/query` |

mod create;
mod list;
mod read;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use spanloom_core::{StreamName, Timestamp};

pub(super) use create::create;
pub(super) use list::query;
pub(super) use read::{delete, projects_info, read};

use crate::reply::Problem;
use crate::store::{ObjectQuery, Store, StoredObject};

/// What a version's name leads to.
pub(super) enum Version {
    Stored(Box<StoredObject>),
    Deleted(Timestamp),
    Missing,
}

/// The version of a name that a digest, `latest` or `vN` means. Blocks on the disk.
pub(super) fn find(
    store: &Store,
    project: &str,
    name: &str,
    digest: &str,
) -> Result<Version, Problem> {
    let query = ObjectQuery {
        project: project.to_owned(),
        names: Some(vec![name.to_owned()]),
        kind: None,
    };
    let number = digest
        .strip_prefix('v')
        .and_then(|number| number.parse::<i64>().ok());
    let mut versions = store.objects(&query)?;
    versions.retain(|stored| match (digest, number) {
        ("latest", _) => stored.is_latest,
        (_, Some(number)) => stored.version == number || stored.object.digest == digest,
        _ => stored.object.digest == digest,
    });
    Ok(match versions.pop() {
        Some(StoredObject {
            deleted_at: Some(deleted_at),
            ..
        }) => Version::Deleted(deleted_at),
        Some(stored) => Version::Stored(Box::new(stored)),
        None => Version::Missing,
    })
}

/// A version, as W&B's clients read it.
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
    val: Option<Box<RawValue>>,
    created_at: Timestamp,
    deleted_at: Option<Timestamp>,
    wb_user_id: Option<String>,
    size_bytes: usize,
    tags: [&'static str; 0],
    aliases: Vec<&'static str>,
}

impl Shown {
    fn of(stored: StoredObject, with_value: bool) -> Self {
        let object = stored.object;
        let size_bytes = object.value.len();
        let value = if with_value {
            object.value
        } else {
            "{}".to_owned()
        };
        Self {
            project_id: object.project,
            object_id: object.name,
            digest: object.digest,
            version_index: stored.version,
            is_latest: u8::from(stored.is_latest),
            kind: object.kind.as_str(),
            base_object_class: object.base_class,
            leaf_object_class: object.leaf_class,
            val: RawValue::from_string(value).ok(),
            created_at: stored.created_at,
            deleted_at: stored.deleted_at,
            wb_user_id: None,
            size_bytes,
            tags: [],
            aliases: if stored.is_latest {
                vec!["latest"]
            } else {
                Vec::new()
            },
        }
    }
}

pub(super) fn check_project(project: &str) -> Result<(), Problem> {
    let name = format!("{project}/x");
    StreamName::parse(&name, None)
        .map(drop)
        .map_err(|_| unprocessable("project_id must be entity/project"))
}

fn unprocessable(reason: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason)
}
