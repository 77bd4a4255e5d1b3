//! The calls that a question selects.

use std::collections::{BTreeMap, HashSet};

use super::parameters::{Parameters, filters, range};
use super::property::{NOWHERE, check_word, code};
use super::search::Search;
use crate::reply::Problem;
use crate::store::question::{self, Dimension, Filter, Range, Until};
use crate::store::{Code, Memory};

/// Returns a stream's `entity/project` and its name.
pub(super) fn place(parameters: &Parameters) -> Result<(String, &str), Problem> {
    Ok((parameters.project()?, parameters.required("stream")?))
}

/// A selection of one stream's calls by time range, filters and a search.
pub(super) struct Selection {
    project: Option<Code>,
    stream: Option<Code>,
    range: Range,
    wanted: Vec<(Dimension, Vec<Option<Code>>)>,
    search: Search,
}

impl Selection {
    pub(super) fn read(parameters: &Parameters, memory: &Memory) -> Result<Self, Problem> {
        let (project, stream) = place(parameters)?;
        let mut wanted: Vec<(Dimension, Vec<Option<Code>>)> = Vec::new();
        for (name, of) in filters() {
            let codes = parameters.all(name).map(|text| {
                check_word(name, of, text).map_err(Problem::bad_request)?;
                Ok(code(of, text, memory))
            });
            wanted.push((of, codes.collect::<Result<_, Problem>>()?));
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

    /// Returns the attributes in a search that no call in range has, by their paths.
    pub(super) fn unknown_fields(
        &self,
        search: &Search,
        memory: &Memory,
        until: &Until,
    ) -> Result<Vec<String>, Problem> {
        let mut asked = search.attributes().peekable();
        if asked.peek().is_none() {
            return Ok(Vec::new());
        }
        let known = question::attributes(&memory.rows, &self.in_range(), until)?;
        let known: HashSet<Code> = known.into_keys().collect();
        let is_unknown = |path: &&str| {
            let code = memory.dictionary.code(path);
            code.is_none_or(|code| !known.contains(&code))
        };
        Ok(asked.filter(is_unknown).map(str::to_owned).collect())
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
