//! `POST /api/query`: several views of a stream's calls in one answer. Views of the same calls are measured in one pass.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::property;
use super::quantity::Quantities;
use super::scope::{Scope, model_calls};
use super::search::Search;
use super::sort::Sort;
use super::stats::{MEASURES, Measure, Stats, find_measure, measure_names, ms};
use super::views::{Seen, View, see};
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::Memory;
use crate::store::question::{self, Measures, Until};

const MOST_VIEWS: usize = 16;
const MOST_GROUPS: usize = 500;
const MOST_BINS: usize = 400;
const MOST_NUMBERS: usize = 8;
/// The most groups times time buckets of all views.
const MOST_CELLS: usize = 20_000;

/// The groups of a view that names no limit.
const GROUPS: usize = 12;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    entity: String,
    project: String,
    stream: String,
    from: Option<f64>,
    to: Option<f64>,
    #[serde(default)]
    q: String,
    views: Vec<AskedView>,
}

/// A view as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedView {
    name: Option<String>,
    /// Conditions on fields, in addition to the search of the query.
    #[serde(default)]
    q: String,
    #[serde(default)]
    group: Vec<String>,
    #[serde(default)]
    spans: bool,
    bins: Option<usize>,
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
    sort: Option<String>,
    measures: Option<Vec<String>>,
    #[serde(default)]
    numbers: Vec<String>,
}

impl AskedView {
    /// Returns the number of groups times that of time buckets.
    fn cells(&self) -> usize {
        let groups = match self.group.is_empty() {
            true => 1,
            false => self.limit.unwrap_or(GROUPS),
        };
        self.bins.unwrap_or(0) * groups
    }
}

pub(super) async fn query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: Query = app.bodies.json(request, QUERY).await?;
    if !(1..=MOST_VIEWS).contains(&query.views.len()) {
        let reason = format!("views must be 1 to {MOST_VIEWS}");
        return Err(Problem::bad_request(reason));
    }
    let Query { views, .. } = &query;
    let asked = views.iter().map(Asked::read);
    let asked: Vec<Asked> = asked.collect::<Result<_, _>>()?;
    let cells = views.iter().map(AskedView::cells).sum::<usize>();
    if cells > MOST_CELLS {
        let reason = format!("bins times limit of all views must be at most {MOST_CELLS} together");
        return Err(Problem::bad_request(reason));
    }
    let scope = Scope::of(&app, &parameters(&query)).await?;
    let question = move |until: &Until| answer(&query, &asked, &scope, until);
    Ok(reply::json(&app.questions.ask_until(question).await?))
}

/// Returns the parameters of a request that selects the same calls.
fn parameters(query: &Query) -> Parameters {
    let time = |name, time: Option<f64>| time.map(|time| (name, time.to_string()));
    let place = [
        ("entity", query.entity.clone()),
        ("project", query.project.clone()),
        ("stream", query.stream.clone()),
        ("q", query.q.clone()),
    ];
    let times = [time("from", query.from), time("to", query.to)];
    let all = place.into_iter().chain(times.into_iter().flatten());
    Parameters::of(all.collect())
}

/// What can be read of a view without the store.
struct Asked {
    search: Search,
    sort: Sort,
    measures: Vec<Measure>,
}

impl Asked {
    fn read(view: &AskedView) -> Result<Self, Problem> {
        let in_range = |name: &str, given: Option<usize>, most: usize| match given {
            Some(given) if !(1..=most).contains(&given) => {
                let reason = format!("{name} must be a number from 1 to {most}");
                Err(Problem::bad_request(reason))
            }
            _ => Ok(()),
        };
        in_range("bins", view.bins, MOST_BINS)?;
        in_range("limit", view.limit, MOST_GROUPS)?;
        if view.numbers.len() > MOST_NUMBERS {
            let reason = format!("numbers must be at most {MOST_NUMBERS}");
            return Err(Problem::bad_request(reason));
        }
        let search = Search::read(&view.q).map_err(Problem::bad_request)?;
        if !search.words().is_empty() {
            let reason = "the search of a view has fields only; words belong in the q of the query";
            return Err(Problem::bad_request(reason));
        }
        Ok(Self {
            search,
            sort: Sort::read(view.sort.as_deref().unwrap_or("-calls"))?,
            measures: read_measures(view.measures.as_deref())?,
        })
    }
}

fn read_measures(names: Option<&[String]>) -> Result<Vec<Measure>, Problem> {
    let Some(names) = names else {
        return Ok(MEASURES.into());
    };
    let is_repeated =
        |(at, name): (usize, &String)| names.iter().take(at).any(|other| other == name);
    if names.iter().enumerate().any(is_repeated) {
        return Err(Problem::bad_request("a measure is asked for twice"));
    }
    let measures = names.iter().map(|name| {
        find_measure(name).copied().ok_or_else(|| {
            let reason = format!("measures must be of {}", measure_names());
            Problem::bad_request(reason)
        })
    });
    measures.collect()
}

fn answer(query: &Query, asked: &[Asked], scope: &Scope, until: &Until) -> Result<Value, Problem> {
    let memory = &*scope.memory;
    let starts = Starts::of(query, scope, until)?;
    let views = query.views.iter().zip(asked);
    let views = views.map(|(view, asked)| read(view, asked, &starts, memory));
    let views: Vec<View> = views.collect::<Result<_, _>>()?;
    let mut answers = vec![Value::Null; views.len()];
    for same in same_calls(&query.views) {
        let Some((first, of_first)) = same
            .first()
            .and_then(|first| Some((query.views.get(*first)?, asked.get(*first)?)))
        else {
            continue;
        };
        let filter = || {
            let filter = scope.filter_of(first.spans);
            of_first.search.narrow(filter, None, memory)
        };
        let unknown = scope
            .selection
            .unknown_fields(&of_first.search, memory, until)?;
        let of_same: Vec<&View> = same.iter().filter_map(|at| views.get(*at)).collect();
        let seen = see(memory, &filter, &of_same, until)?;
        for (at, seen) in same.iter().zip(seen) {
            let parts = (query.views.get(*at), asked.get(*at), views.get(*at));
            if let (Some(answer), (Some(asked_view), Some(asked), Some(view))) =
                (answers.get_mut(*at), parts)
            {
                *answer = shown(asked_view, asked, view, &seen, memory);
                if let Value::Object(answer) = answer {
                    answer.insert("unknown_fields".to_owned(), json!(unknown));
                }
            }
        }
    }
    Ok(json!({
        "version": memory.version,
        "search": scope.about_search(),
        "views": answers,
    }))
}

/// Returns the numbers of the views that select the same calls.
fn same_calls(views: &[AskedView]) -> Vec<Vec<usize>> {
    let mut found: Vec<(&AskedView, Vec<usize>)> = Vec::new();
    for (number, view) in views.iter().enumerate() {
        let is_same = |other: &AskedView| other.spans == view.spans && other.q == view.q;
        match found.iter_mut().find(|(other, _)| is_same(other)) {
            Some((_, numbers)) => numbers.push(number),
            None => found.push((view, vec![number])),
        }
    }
    found.into_iter().map(|(_, numbers)| numbers).collect()
}

/// The first and the last start of the calls in range, without and with spans: the axis of time covers them all, whatever the
/// other filters.
struct Starts([Option<(i64, i64)>; 2]);

impl Starts {
    fn of(query: &Query, scope: &Scope, until: &Until) -> Result<Self, Problem> {
        let starts = |with_spans: bool| {
            let mut binned = query.views.iter().filter(|view| view.bins.is_some());
            if !binned.any(|view| view.spans == with_spans) {
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

fn read(
    view: &AskedView,
    asked: &Asked,
    starts: &Starts,
    memory: &Memory,
) -> Result<View, Problem> {
    let group: Vec<&str> = view.group.iter().map(String::as_str).collect();
    Ok(View {
        groups: property::read_groups(&group, memory)?,
        sort: asked.sort,
        offset: view.offset,
        limit: view.limit.unwrap_or(GROUPS),
        bins: view.bins.map(|bins| (bins, starts.get(view.spans))),
        with_times: asked.measures.iter().any(|measure| measure.is_of_times),
        quantities: Quantities::read(&view.numbers, memory)?,
    })
}

fn shown(
    asked_view: &AskedView,
    asked: &Asked,
    view: &View,
    seen: &Seen,
    memory: &Memory,
) -> Value {
    let Seen { found, .. } = seen;
    let has_bins = view.bins.is_some();
    let stats = |measures| json!(Stats::only(&asked.measures, measures));
    let series = |bins: &[Measures]| match has_bins {
        true => columns(&asked.measures, bins),
        false => Value::Null,
    };
    let groups = found.groups.iter().zip(&seen.spreads);
    let groups = groups.map(|((key, of_group), spreads)| {
        let keys = view.names(key, memory);
        json!({
            "keys": keys.get(..asked_view.group.len()).unwrap_or_default(),
            "stats": stats(&of_group.all),
            "series": series(&of_group.bins),
            "numbers": view.quantities.shown(spreads),
        })
    });
    let range = has_bins.then(|| {
        json!({
            "from": ms(found.bins.first),
            "to": ms(found.bins.last()),
            "bin_ms": ms(found.bins.width),
        })
    });
    json!({
        "name": asked_view.name,
        "range": range,
        "bins": has_bins.then(|| found.bins.edges().map(ms).collect::<Vec<_>>()),
        "totals": stats(&found.all.all),
        "series": series(&found.all.bins),
        "groups": groups.collect::<Vec<_>>(),
        "total": seen.total,
        "measured": seen.measured,
    })
}

/// Returns the values of each measure, one for each time bucket.
fn columns(shown: &[Measure], bins: &[Measures]) -> Value {
    let column = |measure: &Measure| {
        let values: Vec<Value> = bins.iter().map(measure.of).collect();
        (measure.name.to_owned(), Value::Array(values))
    };
    Value::Object(shown.iter().map(column).collect())
}
