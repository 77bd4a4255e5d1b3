//! `filter` of a query: the conditions on rows.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::reply::Problem;
use crate::store::{Id, Memory, Row};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    op_names: Option<Vec<String>>,
    parent_ids: Option<Vec<String>>,
    trace_ids: Option<Vec<String>>,
    call_ids: Option<Vec<String>>,
    thread_ids: Option<Vec<String>>,
    wb_user_ids: Option<Vec<String>>,
    trace_roots_only: Option<bool>,
    // Unsupported and therefore refused: an answer that ignored them would contain calls not requested.
    input_refs: Option<Value>,
    output_refs: Option<Value>,
    turn_ids: Option<Value>,
    wb_run_ids: Option<Value>,
}

impl Filter {
    pub(super) fn check(&self) -> Result<(), Problem> {
        let unsupported = [
            ("input_refs", &self.input_refs),
            ("output_refs", &self.output_refs),
            ("turn_ids", &self.turn_ids),
            ("wb_run_ids", &self.wb_run_ids),
        ];
        match unsupported.iter().find(|(_, value)| value.is_some()) {
            Some((name, _)) => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("filter.{name} is not supported"),
            )),
            None => Ok(()),
        }
    }
}

/// A filter with its ids packed, so that rows are compared without building texts.
pub(super) struct Test<'a> {
    memory: &'a Memory,
    op_names: Option<&'a [String]>,
    thread_ids: Option<&'a [String]>,
    wb_user_ids: Option<&'a [String]>,
    parents: Option<Vec<Id>>,
    traces: Option<Vec<Id>>,
    ids: Option<Vec<Id>>,
    roots_only: bool,
}

impl<'a> Test<'a> {
    pub(super) fn new(filter: Option<&'a Filter>, memory: &'a Memory) -> Self {
        let ids = |texts: Option<&Vec<String>>| {
            texts.map(|texts| texts.iter().map(|text| Id::new(text)).collect())
        };
        Self {
            memory,
            op_names: filter.and_then(|filter| filter.op_names.as_deref()),
            thread_ids: filter.and_then(|filter| filter.thread_ids.as_deref()),
            wb_user_ids: filter.and_then(|filter| filter.wb_user_ids.as_deref()),
            parents: ids(filter.and_then(|filter| filter.parent_ids.as_ref())),
            traces: ids(filter.and_then(|filter| filter.trace_ids.as_ref())),
            ids: ids(filter.and_then(|filter| filter.call_ids.as_ref())),
            roots_only: filter
                .and_then(|filter| filter.trace_roots_only)
                .unwrap_or(false),
        }
    }

    pub(super) fn accepts(&self, row: &Row) -> bool {
        let text = |code| self.memory.dictionary.text(code);
        let op = |wanted: &String| match wanted.strip_suffix(":*") {
            // A reference to any version of an op.
            Some(prefix) => text(row.op_name)
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':')),
            None => text(row.op_name) == wanted,
        };
        let among = |wanted: Option<&[String]>, code: Option<u32>| {
            wanted.is_none_or(|wanted| {
                code.is_some_and(|code| wanted.iter().any(|wanted| wanted == text(code)))
            })
        };
        self.op_names.is_none_or(|wanted| wanted.iter().any(op))
            && among(self.thread_ids, row.thread)
            && among(self.wb_user_ids, row.user)
            && self.parents.as_ref().is_none_or(|wanted| {
                row.parent
                    .as_ref()
                    .is_some_and(|parent| wanted.contains(parent))
            })
            && self
                .traces
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&row.trace))
            && self
                .ids
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&row.id))
            && (!self.roots_only || row.parent.is_none())
    }
}
