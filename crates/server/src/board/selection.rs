//! The calls that a question selects.

use std::collections::BTreeMap;

use crate::reply::Problem;
use crate::store::{Code, Memory, Row};

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
    pub(super) range: Range,
    models: Vec<Option<Code>>,
    operations: Vec<Option<Code>>,
    providers: Vec<Option<Code>>,
    statuses: Vec<String>,
    outcomes: Vec<String>,
    attributes: BTreeMap<Option<Code>, Vec<Option<Code>>>,
}

/// A half-open range in nanoseconds since the epoch; `None` means unbounded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range {
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
}

/// The code of a text that is not stored: it matches no row.
const NOWHERE: Code = Code::MAX;

impl Selection {
    pub(super) fn read(parameters: &Parameters, memory: &Memory) -> Result<Self, Problem> {
        let (project, stream) = place(parameters)?;
        let code = |text: &str| memory.dictionary.code(text);
        let codes = |name: &str| {
            let of = |text: &str| (!text.is_empty()).then(|| code(text).unwrap_or(NOWHERE));
            parameters.all(name).map(of).collect::<Vec<Option<Code>>>()
        };
        let mut attributes: BTreeMap<Option<Code>, Vec<Option<Code>>> = BTreeMap::new();
        for attribute in parameters.all("attr") {
            let (path, value) = attribute
                .split_once('=')
                .ok_or_else(|| Problem::bad_request("attr must be PATH=VALUE"))?;
            let value = (!value.is_empty()).then(|| code(value).unwrap_or(NOWHERE));
            attributes.entry(code(path)).or_default().push(value);
        }
        Ok(Self {
            project: code(&project),
            stream: code(stream),
            range: Range {
                from: time(parameters, "from")?,
                to: time(parameters, "to")?,
            },
            models: codes("model"),
            operations: codes("op"),
            providers: codes("provider"),
            statuses: parameters.all("status").map(str::to_owned).collect(),
            outcomes: parameters.all("outcome").map(str::to_owned).collect(),
            attributes,
        })
    }

    /// Returns whether a row belongs to the stream and the range, regardless of the filters.
    pub(super) fn is_in_range(&self, row: &Row) -> bool {
        Some(row.project) == self.project
            && Some(row.stream) == self.stream
            && self.range.from.is_none_or(|from| row.started_at >= from)
            && self.range.to.is_none_or(|to| row.started_at < to)
    }

    pub(super) fn accepts(&self, row: &Row) -> bool {
        let among = |wanted: &[Option<Code>], code: Option<Code>| {
            wanted.is_empty() || wanted.contains(&code)
        };
        let named = |wanted: &[String], name: &str| {
            wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)
        };
        self.is_in_range(row)
            && among(&self.models, row.model)
            && among(&self.operations, row.operation)
            && among(&self.providers, row.provider)
            && named(&self.statuses, row.status.as_str())
            && named(
                &self.outcomes,
                row.outcome.map_or("", spanloom_core::Outcome::as_str),
            )
            && self
                .attributes
                .iter()
                .all(|(path, values)| values.contains(&path.and_then(|path| row.attribute(path))))
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
