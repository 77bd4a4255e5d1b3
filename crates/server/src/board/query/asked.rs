//! A query as it is asked, and what is wrong with it.

use serde::Deserialize;

use crate::board::parameters::Parameters;
use crate::board::property;
use crate::board::quantity::Quantities;
use crate::board::search::Search;
use crate::board::sort::Sort;
use crate::board::stats::{MEASURES, Measure, find_measure, measure_names};
use crate::board::views::View;
use crate::reply::Problem;
use crate::store::Memory;

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
pub(super) struct Query {
    entity: String,
    project: String,
    stream: String,
    from: Option<f64>,
    to: Option<f64>,
    #[serde(default)]
    q: String,
    views: Vec<Fields>,
}

/// A view as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
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

/// A view that is asked for: all of it that can be read without the store.
pub(super) struct Asked {
    pub(super) name: Option<String>,
    /// Conditions on fields, in addition to the search of the query.
    pub(super) search: Search,
    /// Whether it is also about spans that are no calls to a model.
    pub(super) with_spans: bool,
    /// The most time buckets.
    pub(super) bins: Option<usize>,
    pub(super) measures: Vec<Measure>,
    group: Vec<String>,
    limit: usize,
    offset: usize,
    sort: Sort,
    numbers: Vec<String>,
}

impl Query {
    /// Returns the parameters of a request that selects the same calls.
    pub(super) fn parameters(&self) -> Parameters {
        let time = |name, time: Option<f64>| time.map(|time| (name, time.to_string()));
        let place = [
            ("entity", self.entity.clone()),
            ("project", self.project.clone()),
            ("stream", self.stream.clone()),
            ("q", self.q.clone()),
        ];
        let times = [time("from", self.from), time("to", self.to)];
        let all = place.into_iter().chain(times.into_iter().flatten());
        Parameters::of(all.collect())
    }

    /// Reads the views.
    pub(super) fn into_views(self) -> Result<Vec<Asked>, Problem> {
        if !(1..=MOST_VIEWS).contains(&self.views.len()) {
            let reason = format!("views must be 1 to {MOST_VIEWS}");
            return Err(Problem::bad_request(reason));
        }
        let views = self.views.into_iter().map(Asked::read);
        let views: Vec<Asked> = views.collect::<Result<_, _>>()?;
        if views.iter().map(Asked::cells).sum::<usize>() > MOST_CELLS {
            let reason =
                format!("bins times limit of all views must be at most {MOST_CELLS} together");
            return Err(Problem::bad_request(reason));
        }
        Ok(views)
    }
}

impl Asked {
    fn read(fields: Fields) -> Result<Self, Problem> {
        let in_range = |name: &str, given: Option<usize>, most: usize| match given {
            Some(given) if !(1..=most).contains(&given) => {
                let reason = format!("{name} must be a number from 1 to {most}");
                Err(Problem::bad_request(reason))
            }
            _ => Ok(()),
        };
        in_range("bins", fields.bins, MOST_BINS)?;
        in_range("limit", fields.limit, MOST_GROUPS)?;
        if fields.numbers.len() > MOST_NUMBERS {
            let reason = format!("numbers must be at most {MOST_NUMBERS}");
            return Err(Problem::bad_request(reason));
        }
        let search = Search::read(&fields.q).map_err(Problem::bad_request)?;
        if !search.words().is_empty() {
            let reason = "the search of a view has fields only; words belong in the q of the query";
            return Err(Problem::bad_request(reason));
        }
        Ok(Self {
            name: fields.name,
            search,
            with_spans: fields.spans,
            bins: fields.bins,
            measures: read_measures(fields.measures.as_deref())?,
            group: fields.group,
            limit: fields.limit.unwrap_or(GROUPS),
            offset: fields.offset,
            sort: Sort::read(fields.sort.as_deref().unwrap_or("-calls"))?,
            numbers: fields.numbers,
        })
    }

    /// Returns the number of properties that its calls are grouped by.
    pub(super) fn depth(&self) -> usize {
        self.group.len()
    }

    /// Returns the number of groups times that of time buckets.
    fn cells(&self) -> usize {
        let groups = match self.group.is_empty() {
            true => 1,
            false => self.limit,
        };
        self.bins.unwrap_or(0) * groups
    }

    /// Returns whether another view is about the same calls.
    pub(super) fn has_calls_of(&self, other: &Self) -> bool {
        self.with_spans == other.with_spans && self.search == other.search
    }

    /// Returns the question about a store; its time buckets cover these starts where the range is open.
    pub(super) fn view(&self, starts: (i64, i64), memory: &Memory) -> Result<View, Problem> {
        let group: Vec<&str> = self.group.iter().map(String::as_str).collect();
        Ok(View {
            groups: property::read_groups(&group, memory)?,
            sort: self.sort,
            offset: self.offset,
            limit: self.limit,
            bins: self.bins.map(|bins| (bins, starts)),
            with_times: self.measures.iter().any(|measure| measure.is_of_times),
            quantities: Quantities::read(&self.numbers, memory)?,
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
