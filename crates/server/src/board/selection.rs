//! The calls that a question selects.

use std::collections::BTreeMap;

use spanloom_core::Outcome;

use crate::reply::Problem;
use crate::store::question::{Dimension, Filter, Range};
use crate::store::{Code, Memory, Status, outcome};

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

/// Returns a stream's `entity/project` and its name.
pub(super) fn place(parameters: &Parameters) -> Result<(String, &str), Problem> {
    let project = format!(
        "{}/{}",
        parameters.required("entity")?,
        parameters.required("project")?
    );
    Ok((project, parameters.required("stream")?))
}

/// A selection of one stream's calls by time range and filters.
pub(super) struct Selection {
    project: Option<Code>,
    stream: Option<Code>,
    range: Range,
    wanted: Vec<(Dimension, Vec<Option<Code>>)>,
}

/// The code of a text that is not stored: it matches no row.
const NOWHERE: Code = Code::MAX;

/// The properties that a request filters by, with their parameter.
const FILTERS: [(&str, Dimension); 7] = [
    ("model", Dimension::Model),
    ("op", Dimension::Operation),
    ("provider", Dimension::Provider),
    ("status", Dimension::Status),
    ("outcome", Dimension::Outcome),
    ("user", Dimension::User),
    ("thread", Dimension::Thread),
];

/// The other parameters of a selection.
const OTHERS: [&str; 6] = ["entity", "project", "stream", "from", "to", "attr"];

/// Returns the code of a property's value; an empty text is a missing value.
fn code(of: Dimension, text: &str, memory: &Memory) -> Option<Code> {
    let number = |number: Option<u8>| number.map(Code::from);
    let code = match of {
        _ if text.is_empty() => return None,
        Dimension::Status => number(Status::from_word(text).map(Status::number)),
        Dimension::Outcome => number(Outcome::from_word(text).map(outcome::number)),
        _ => memory.dictionary.code(text),
    };
    Some(code.unwrap_or(NOWHERE))
}

impl Selection {
    /// Refuses parameters that select nothing.
    pub(super) fn check_names(parameters: &Parameters) -> Result<(), Problem> {
        let is_known = |name: &str| {
            OTHERS.contains(&name) || FILTERS.iter().any(|(filter, _)| *filter == name)
        };
        match parameters.0.iter().find(|(name, _)| !is_known(name)) {
            Some((name, _)) => Err(Problem::bad_request(format!("unknown parameter {name}"))),
            None => Ok(()),
        }
    }

    pub(super) fn read(parameters: &Parameters, memory: &Memory) -> Result<Self, Problem> {
        let (project, stream) = place(parameters)?;
        let mut wanted: Vec<(Dimension, Vec<Option<Code>>)> = Vec::new();
        for (name, of) in FILTERS {
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
        Ok(Self {
            project: memory.dictionary.code(&project),
            stream: memory.dictionary.code(stream),
            range: Range {
                from: time(parameters, "from")?,
                to: time(parameters, "to")?,
            },
            wanted,
        })
    }

    /// Returns the filter for the stream and the range, regardless of the other filters.
    pub(super) fn in_range(&self) -> Filter<'static> {
        let known = |code: Option<Code>| Some(code.unwrap_or(NOWHERE));
        Filter::of_range(self.range)
            .with_one_of(Dimension::Project, vec![known(self.project)])
            .with_one_of(Dimension::Stream, vec![known(self.stream)])
    }

    /// Returns the filter for everything that is selected.
    pub(super) fn filter(&self) -> Filter<'static> {
        let wanted = self.wanted.iter().cloned();
        wanted.fold(self.in_range(), |filter, (of, wanted)| {
            filter.with_one_of(of, wanted)
        })
    }
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
