//! The calls that a question selects.

use std::collections::BTreeMap;

use super::property::{NOWHERE, PROPERTIES, code};
use super::search::Search;
use crate::reply::Problem;
use crate::store::question::{Dimension, Filter, Range};
use crate::store::{Code, Memory};

/// The pairs of a query string; a name may occur more than once.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn read(query: Option<&str>) -> Self {
        Self(
            form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
        )
    }

    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Problem> {
        self.one(name)
            .ok_or_else(|| Problem::bad_request(format!("the parameter {name} is missing")))
    }

    /// Returns a number in a range, or `default` if the parameter is absent.
    pub(super) fn number(
        &self,
        name: &str,
        default: usize,
        range: std::ops::RangeInclusive<usize>,
    ) -> Result<usize, Problem> {
        let Some(text) = self.one(name) else {
            return Ok(default);
        };
        text.parse()
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                Problem::bad_request(format!(
                    "{name} must be a number from {} to {}",
                    range.start(),
                    range.end()
                ))
            })
    }
}

/// Returns a project's `entity/project`.
pub(super) fn project(parameters: &Parameters) -> Result<String, Problem> {
    let entity = parameters.required("entity")?;
    Ok([entity, "/", parameters.required("project")?].concat())
}

/// Returns a stream's `entity/project` and its name.
pub(super) fn place(parameters: &Parameters) -> Result<(String, &str), Problem> {
    Ok((project(parameters)?, parameters.required("stream")?))
}

/// A selection of one stream's calls by time range, filters and a search.
pub(super) struct Selection {
    project: Option<Code>,
    stream: Option<Code>,
    range: Range,
    wanted: Vec<(Dimension, Vec<Option<Code>>)>,
    search: Search,
}

/// Returns the properties that a request filters by, with their parameter. A stream is a place.
fn filters() -> impl Iterator<Item = (&'static str, Dimension)> {
    let all = PROPERTIES.into_iter();
    all.filter(|(_, of)| *of != Dimension::Stream)
}

/// The other parameters of a selection.
const OTHERS: [&str; 7] = ["entity", "project", "stream", "from", "to", "attr", "q"];

impl Selection {
    /// Refuses parameters that select nothing.
    pub(super) fn check_names(parameters: &Parameters) -> Result<(), Problem> {
        let is_known =
            |name: &str| OTHERS.contains(&name) || filters().any(|(filter, _)| filter == name);
        match parameters.0.iter().find(|(name, _)| !is_known(name)) {
            Some((name, _)) => Err(Problem::bad_request(format!("unknown parameter {name}"))),
            None => Ok(()),
        }
    }

    pub(super) fn read(parameters: &Parameters, memory: &Memory) -> Result<Self, Problem> {
        let (project, stream) = place(parameters)?;
        let mut wanted: Vec<(Dimension, Vec<Option<Code>>)> = Vec::new();
        for (name, of) in filters() {
            let codes = parameters.all(name).map(|text| code(of, text, memory));
            wanted.push((of, codes.collect()));
        }
        let mut attributes: BTreeMap<Option<Code>, Vec<Option<Code>>> = BTreeMap::new();
        for attribute in parameters.all("attr") {
            let (path, value) = attribute
                .split_once('=')
                .ok_or_else(|| Problem::bad_request("attr must be PATH=VALUE"))?;
            let path = memory.dictionary.code(path);
            let value = code(Dimension::Attribute(path), value, memory);
            attributes.entry(path).or_default().push(value);
        }
        let attributes = attributes.into_iter();
        wanted.extend(attributes.map(|(path, values)| (Dimension::Attribute(path), values)));
        wanted.retain(|(_, values)| !values.is_empty());
        let search = Search::read(parameters.one("q").unwrap_or_default());
        Ok(Self {
            project: memory.dictionary.code(&project),
            stream: memory.dictionary.code(stream),
            range: range(parameters)?,
            wanted,
            search: search.map_err(Problem::bad_request)?,
        })
    }

    pub(super) fn search(&self) -> &Search {
        &self.search
    }

    /// Returns the filter for the stream and the range, regardless of the other filters.
    pub(super) fn in_range(&self) -> Filter<'static> {
        let known = |code: Option<Code>| Some(code.unwrap_or(NOWHERE));
        Filter::of_range(self.range)
            .with_one_of(Dimension::Project, vec![known(self.project)])
            .with_one_of(Dimension::Stream, vec![known(self.stream)])
    }

    /// Returns the filter for all that is selected, but for the words of the search, which are not in memory.
    pub(super) fn filter<'a>(&'a self, memory: &'a Memory) -> Filter<'a> {
        self.filter_without(None, memory)
    }

    /// Returns the filter without the conditions on one property.
    pub(super) fn filter_without<'a>(
        &'a self,
        property: Option<Dimension>,
        memory: &'a Memory,
    ) -> Filter<'a> {
        let wanted = self.wanted.iter().filter(|(of, _)| Some(*of) != property);
        let filter = wanted.fold(self.in_range(), |filter, (of, wanted)| {
            filter.with_one_of(*of, wanted.clone())
        });
        self.search.narrow(filter, property, memory)
    }
}

/// Reads the range of starts.
pub(super) fn range(parameters: &Parameters) -> Result<Range, Problem> {
    Ok(Range {
        from: time(parameters, "from")?,
        to: time(parameters, "to")?,
    })
}

fn time(parameters: &Parameters, name: &str) -> Result<Option<i64>, Problem> {
    let Some(text) = parameters.one(name) else {
        return Ok(None);
    };
    let ms: f64 = text
        .parse()
        .ok()
        .filter(|ms: &f64| ms.is_finite() && ms.abs() < 9e12)
        .ok_or_else(|| {
            Problem::bad_request(format!("{name} must be milliseconds since the epoch"))
        })?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked above"
    )]
    Ok(Some((ms * 1e6) as i64))
}
