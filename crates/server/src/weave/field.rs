//! The fields of a call that a query may name. An unknown one is refused: it would select nothing, or everything.

use axum::http::StatusCode;

use super::expr::FEEDBACK;
use crate::reply::Problem;

const FIELDS: [&str; 17] = [
    "project_id",
    "id",
    "trace_id",
    "parent_id",
    "thread_id",
    "turn_id",
    "op_name",
    "display_name",
    "started_at",
    "ended_at",
    "exception",
    "wb_user_id",
    "wb_run_id",
    "wb_run_step",
    "wb_run_step_end",
    "deleted_at",
    "expire_at",
];
/// The fields with fields of their own.
const OBJECTS: [&str; 4] = ["attributes", "inputs", "output", "summary"];
/// The fields that calls are sorted by, and not selected.
const SIZES: [&str; 1] = ["storage_size_bytes"];

/// Refuses a field that calls are not selected by.
pub(super) fn check(path: &str) -> Result<(), Problem> {
    let head = path.split('.').next().unwrap_or_default();
    let is_object = || OBJECTS.contains(&head.strip_suffix("_dump").unwrap_or(head));
    match FIELDS.contains(&path) || is_object() || path.starts_with(FEEDBACK) {
        true => Ok(()),
        false => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("Field {path} is not allowed"),
        )),
    }
}

/// Refuses a field that calls are not sorted by.
pub(super) fn check_sort(path: &str) -> Result<(), Problem> {
    match SIZES.contains(&path) {
        true => Ok(()),
        false => check(path),
    }
}
