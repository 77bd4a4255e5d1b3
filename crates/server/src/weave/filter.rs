//! `filter` of a query: conditions on rows, and on what only calls have.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::graphql::USER_NAME;
use crate::store::question::{self as store, Dimension, Range};
use crate::store::{Code, Id, Memory};

/// The conditions of a filter. An empty list is no condition.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    op_names: Option<Vec<String>>,
    parent_ids: Option<Vec<String>>,
    trace_ids: Option<Vec<String>>,
    call_ids: Option<Vec<String>>,
    /// Other than the other lists, an empty one is met by no call.
    thread_ids: Option<Vec<String>>,
    wb_user_ids: Option<Vec<String>>,
    trace_roots_only: Option<bool>,
    #[serde(flatten)]
    content: ContentFilter,
}

/// Conditions on what only calls have.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ContentFilter {
    input_refs: Option<Vec<String>>,
    output_refs: Option<Vec<String>>,
    turn_ids: Option<Vec<String>>,
    wb_run_ids: Option<Vec<String>>,
}

/// Returns the list of a condition, unless it is empty.
fn some(list: Option<&Vec<String>>) -> Option<&Vec<String>> {
    list.filter(|list| !list.is_empty())
}

impl ContentFilter {
    pub(super) fn is_empty(&self) -> bool {
        let lists = [
            &self.input_refs,
            &self.output_refs,
            &self.turn_ids,
            &self.wb_run_ids,
        ];
        lists.into_iter().all(|list| some(list.as_ref()).is_none())
    }

    /// Returns whether a call meets the conditions.
    pub(super) fn accepts(&self, call: &Value) -> bool {
        let text = |name: &str| call.get(name).and_then(Value::as_str);
        let project = text("project_id").unwrap_or_default();
        // A run without its project is one of the call's project.
        let is_run = |wanted: &String, run: &str| match wanted.contains('/') {
            true => wanted == run,
            false => run.strip_prefix(project) == Some(&format!("/{wanted}")),
        };
        let among = |list: &Option<Vec<String>>, is: &dyn Fn(&String) -> bool| {
            some(list.as_ref()).is_none_or(|list| list.iter().any(is))
        };
        among(&self.turn_ids, &|turn| text("turn_id") == Some(turn))
            && among(&self.wb_run_ids, &|wanted| {
                text("wb_run_id").is_some_and(|run| is_run(wanted, run))
            })
            && among(&self.input_refs, &|wanted| {
                has_ref(call.get("inputs"), wanted)
            })
            && among(&self.output_refs, &|wanted| {
                has_ref(call.get("output"), wanted)
            })
    }
}

/// Returns whether a value has a reference, at any depth.
fn has_ref(value: Option<&Value>, wanted: &str) -> bool {
    let mut open: Vec<&Value> = value.into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) if is_op(text, wanted) => return true,
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
            _ => {}
        }
    }
    false
}

impl Filter {
    /// Takes the conditions on what only calls have, if there are any.
    pub(super) fn take_content(this: Option<&mut Self>) -> Option<ContentFilter> {
        let content = this.map(|filter| std::mem::take(&mut filter.content));
        content.filter(|content| !content.is_empty())
    }

    /// Returns the filter for the calls of a project that began in a range.
    pub(super) fn of<'a>(
        this: Option<&Self>,
        project: Code,
        range: Range,
        memory: &'a Memory,
    ) -> store::Filter<'a> {
        let all =
            store::Filter::of_range(range).with_one_of(Dimension::Project, vec![Some(project)]);
        let Some(filter) = this else { return all };
        let ids = |texts: &Option<Vec<String>>| {
            some(texts.as_ref()).map(|texts| texts.iter().map(|text| Id::new(text)).collect())
        };
        let mut all = all
            .with_roots_only(filter.trace_roots_only.unwrap_or(false))
            .with_ids(ids(&filter.call_ids))
            .with_traces(ids(&filter.trace_ids))
            .with_parents(ids(&filter.parent_ids));
        if let Some(ops) = some(filter.op_names.as_ref()).cloned() {
            all = all.with(Dimension::OpName, move |code| {
                let name = code.map_or("", |code| memory.dictionary.text(code));
                ops.iter().any(|wanted| is_op(name, wanted))
            });
        }
        let texts = [
            (Dimension::Thread, filter.thread_ids.as_ref()),
            (Dimension::User, some(filter.wb_user_ids.as_ref())),
        ];
        for (of, wanted) in texts {
            if let Some(wanted) = wanted {
                // Calls without a user are those of the server's own.
                let is_own = of == Dimension::User && wanted.iter().any(|user| user == USER_NAME);
                let codes: HashSet<Code> = wanted
                    .iter()
                    .filter_map(|text| memory.dictionary.code(text))
                    .collect();
                all = all.with(of, move |code| {
                    code.map_or(is_own, |code| codes.contains(&code))
                });
            }
        }
        all
    }
}

/// Returns whether a name is the wanted one: the name itself, or with `:*` any version of it. Calls that are recorded without
/// a reference to their op have its plain name.
fn is_op(name: &str, wanted: &str) -> bool {
    let Some(prefix) = wanted.strip_suffix(":*") else {
        return name == wanted;
    };
    let is_version = name
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    is_version
        || prefix
            .rsplit_once("/op/")
            .is_some_and(|(_, plain)| plain == name)
}
