//! The parameters of requests.

use super::property::PROPERTIES;
use crate::reply::Problem;
use crate::store::question::{Dimension, Range};

/// The parameters of a request, by the names that its route knows: a misspelled filter would select more than was meant, and of a
/// parameter that is given twice one would be ignored.
pub(super) struct Parameters(Vec<(String, String)>);

/// The parameters of a selection, besides the properties that it filters by.
const OF_SELECTION: [&str; 6] = ["entity", "project", "stream", "from", "to", "q"];

impl Parameters {
    /// Reads the parameters of a route, each at most once.
    pub(super) fn read(query: Option<&str>, names: &[&str]) -> Result<Self, Problem> {
        Self::checked(query, |name| match names.contains(&name) {
            true => Some(Times::Once),
            false => None,
        })
    }

    /// Returns parameters that were read from a body.
    pub(super) fn of(read: Vec<(&str, String)>) -> Self {
        let read = read.into_iter();
        Self(read.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Reads the parameters of a selection, and those of the route.
    pub(super) fn of_selection(query: Option<&str>, own: &[&str]) -> Result<Self, Problem> {
        Self::checked(query, |name| match name {
            "attr" => Some(Times::Any),
            // Up to two, which the route checks.
            "group" if own.contains(&"group") => Some(Times::Any),
            _ if filters().any(|(filter, _)| filter == name) => Some(Times::Any),
            _ if OF_SELECTION.contains(&name) || own.contains(&name) => Some(Times::Once),
            _ => None,
        })
    }

    fn checked(
        query: Option<&str>,
        times: impl Fn(&str) -> Option<Times>,
    ) -> Result<Self, Problem> {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut read: Vec<(String, String)> = Vec::new();
        for (name, value) in pairs.into_owned() {
            let is_given = read.iter().any(|(given, _)| *given == name);
            match times(&name) {
                None => return Err(Problem::bad_request(format!("unknown parameter {name}"))),
                Some(Times::Once) if is_given => {
                    let reason = format!("the parameter {name} is given twice");
                    return Err(Problem::bad_request(reason));
                }
                Some(_) => read.push((name, value)),
            }
        }
        Ok(Self(read))
    }

    /// Returns the `entity/project` that the parameters name.
    pub(super) fn project(&self) -> Result<String, Problem> {
        let entity = self.required("entity")?;
        Ok([entity, "/", self.required("project")?].concat())
    }

    /// Returns whether a switch is on.
    pub(super) fn switch(&self, name: &str) -> Result<bool, Problem> {
        match self.one(name) {
            None | Some("0" | "false") => Ok(false),
            Some("1" | "true") => Ok(true),
            Some(_) => Err(Problem::bad_request(format!("{name} must be 1 or 0"))),
        }
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

/// How often a parameter may be given.
enum Times {
    Once,
    Any,
}

/// Returns the properties that a request filters by, with their parameter. A stream is a place.
pub(super) fn filters() -> impl Iterator<Item = (&'static str, Dimension)> {
    let all = PROPERTIES.into_iter();
    all.filter(|(_, of)| *of != Dimension::Stream)
}

/// Reads the range of starts.
pub(super) fn range(parameters: &Parameters) -> Result<Range, Problem> {
    let range = Range {
        from: time(parameters, "from", f64::next_down)?,
        to: time(parameters, "to", std::convert::identity)?,
    };
    match (range.from, range.to) {
        (Some(from), Some(to)) if from >= to => Err(Problem::bad_request("from must be before to")),
        _ => Ok(range),
    }
}

/// Reads a time. Answers state starts to a quarter of a microsecond, so that the start of a call may be rounded up: `rounded` leads
/// back before it.
fn time(
    parameters: &Parameters,
    name: &str,
    rounded: fn(f64) -> f64,
) -> Result<Option<i64>, Problem> {
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
    Ok(Some((rounded(ms) * 1e6).floor() as i64))
}
