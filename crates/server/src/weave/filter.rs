//! `filter` of a query: the conditions on rows.

use std::collections::HashSet;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::reply::Problem;
use crate::store::question::{self as store, Dimension};
use crate::store::{Code, Id, Memory};

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

    /// Returns the filter for the calls of a project.
    pub(super) fn of<'a>(
        this: Option<&Self>,
        project: Code,
        memory: &'a Memory,
    ) -> store::Filter<'a> {
        let all = store::Filter::default().with_one_of(Dimension::Project, vec![Some(project)]);
        let Some(filter) = this else { return all };
        let ids = |texts: Option<&Vec<String>>| {
            texts.map(|texts| texts.iter().map(|text| Id::new(text)).collect())
        };
        let mut all = all
            .with_roots_only(filter.trace_roots_only.unwrap_or(false))
            .with_ids(ids(filter.call_ids.as_ref()))
            .with_traces(ids(filter.trace_ids.as_ref()))
            .with_parents(ids(filter.parent_ids.as_ref()));
        if let Some(ops) = filter.op_names.clone() {
            all = all.with(Dimension::OpName, move |code| {
                let name = code.map_or("", |code| memory.dictionary.text(code));
                ops.iter().any(|wanted| is_op(name, wanted))
            });
        }
        let texts = [
            (Dimension::Thread, &filter.thread_ids),
            (Dimension::User, &filter.wb_user_ids),
        ];
        for (of, wanted) in texts {
            if let Some(wanted) = wanted {
                let codes: HashSet<Code> = wanted
                    .iter()
                    .filter_map(|text| memory.dictionary.code(text))
                    .collect();
                all = all.with(of, move |code| {
                    code.is_some_and(|code| codes.contains(&code))
                });
            }
        }
        all
    }
}

/// Returns whether a call's op is the wanted one: the op itself, or a reference to any version of it.
fn is_op(name: &str, wanted: &str) -> bool {
    match wanted.strip_suffix(":*") {
        Some(prefix) => name
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':')),
        None => name == wanted,
    }
}
