//! `POST /api/query`: several views of a stream's calls in one answer. Views of the same calls are measured in one pass.
//!
//! | file | what |
//! |---|---|
//! | `asked` | the query, and what is wrong with it |
//! | `shown` | the answer to a view |

mod asked;
mod shown;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::scope::{Scope, model_calls};
use super::views::{View, see};
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::question::{self, Until};
use asked::{Asked, Query};
use shown::shown;

pub(super) async fn query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: Query = app.bodies.json(request, QUERY).await?;
    let parameters = query.parameters();
    let asked = query.into_views()?;
    let scope = Scope::of(&app, &parameters).await?;
    let question = move |until: &Until| answer(&asked, &scope, until);
    Ok(reply::json(&app.questions.ask_until(question).await?))
}

fn answer(asked: &[Asked], scope: &Scope, until: &Until) -> Result<Value, Problem> {
    let memory = &*scope.memory;
    let starts = Starts::of(asked, scope, until)?;
    let mut answers: Vec<(usize, Value)> = Vec::with_capacity(asked.len());
    for same in same_calls(asked) {
        let Some((_, first)) = same.first() else {
            continue;
        };
        let filter = || {
            let filter = scope.filter_of(first.with_spans);
            first.search.narrow(filter, None, memory)
        };
        let unknown = scope
            .selection
            .unknown_fields(&first.search, memory, until)?;
        let view = |asked: &Asked| asked.view(starts.get(asked.with_spans), memory);
        let views = same.iter().map(|(_, asked)| view(asked));
        let views: Vec<View> = views.collect::<Result<_, _>>()?;
        let seen = see(memory, &filter, &views, until)?;
        for ((number, asked), (view, seen)) in same.iter().zip(views.iter().zip(&seen)) {
            answers.push((*number, shown(asked, view, seen, &unknown, memory)));
        }
    }
    answers.sort_unstable_by_key(|(number, _)| *number);
    let answers: Vec<Value> = answers.into_iter().map(|(_, answer)| answer).collect();
    Ok(json!({
        "version": memory.version,
        "search": scope.about_search(),
        "views": answers,
    }))
}

/// Returns the views by the calls that they are about, each with its number.
fn same_calls(asked: &[Asked]) -> Vec<Vec<(usize, &Asked)>> {
    let mut found: Vec<Vec<(usize, &Asked)>> = Vec::new();
    for (number, view) in asked.iter().enumerate() {
        let is_same = |same: &&mut Vec<(usize, &Asked)>| {
            same.first()
                .is_some_and(|(_, first)| first.has_calls_of(view))
        };
        match found.iter_mut().find(is_same) {
            Some(same) => same.push((number, view)),
            None => found.push(vec![(number, view)]),
        }
    }
    found
}

/// The first and the last start of the calls in range, without and with spans: the axis of time covers them all, whatever the
/// other filters.
struct Starts([Option<(i64, i64)>; 2]);

impl Starts {
    fn of(asked: &[Asked], scope: &Scope, until: &Until) -> Result<Self, Problem> {
        let starts = |with_spans: bool| {
            let mut binned = asked.iter().filter(|view| view.bins.is_some());
            if !binned.any(|view| view.with_spans == with_spans) {
                return Ok(None);
            }
            let in_range = scope.selection.in_range();
            let filter = match with_spans {
                true => in_range,
                false => model_calls(in_range),
            };
            question::starts(&scope.memory.rows, &filter, until)
        };
        Ok(Self([starts(false)?, starts(true)?]))
    }

    /// Without a call the axis is empty.
    fn get(&self, with_spans: bool) -> (i64, i64) {
        let Self([calls, spans]) = self;
        let starts = if with_spans { spans } else { calls };
        starts.unwrap_or((0, -1))
    }
}
