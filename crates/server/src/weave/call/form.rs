//! What a client asks for of each call.

use serde::Deserialize;
use serde_json::{Map, Value};
use spanloom_core::Record;

use super::costs::{self, ProjectPrices};
use super::shown::Columns;
use super::{Shown, expand, native, otel, present, summary};
use crate::reply::Problem;
use crate::store::{Code, Id, Memory, Store};
use crate::weave::feedback;

/// The parts of a call that a client asks for. Clients send null for what they do not set.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::weave) struct Form {
    include_costs: Option<bool>,
    include_feedback: Option<bool>,
    include_storage_size: Option<bool>,
    pub(in crate::weave) include_total_storage_size: Option<bool>,
    columns: Option<Vec<String>>,
    pub(in crate::weave) expand_columns: Option<Vec<String>>,
    /// If false, references are followed for filters and orders only.
    return_expanded_column_values: Option<bool>,
}

impl Form {
    pub(in crate::weave) fn with_costs(&self) -> bool {
        self.include_costs == Some(true)
    }

    /// Returns the project's prices, if they are needed. Blocks on the disk.
    pub(in crate::weave) fn prices(
        &self,
        store: &Store,
        project: &str,
    ) -> Result<ProjectPrices, Problem> {
        match self.with_costs() {
            true => ProjectPrices::read(store, project),
            false => Ok(ProjectPrices::default()),
        }
    }
}

/// Writes calls of a project in a form.
pub(in crate::weave) struct Presenter<'a> {
    store: &'a Store,
    memory: &'a Memory,
    form: &'a Form,
    columns: Columns,
    project: String,
    code: Option<Code>,
    prices: &'a ProjectPrices,
}

impl<'a> Presenter<'a> {
    pub(in crate::weave) fn new(
        store: &'a Store,
        memory: &'a Memory,
        form: &'a Form,
        project: &str,
        prices: &'a ProjectPrices,
    ) -> Self {
        let with_costs = form.include_costs == Some(true);
        Self {
            store,
            memory,
            form,
            columns: Columns::new(form.columns.as_deref(), with_costs),
            project: project.to_owned(),
            code: memory.dictionary.code(project),
            prices,
        }
    }

    /// Returns a call in the form. Blocks on the disk.
    pub(in crate::weave) fn show(&self, record: Record) -> Result<Shown<'_>, Problem> {
        let own_size = Shown::size(&record);
        let storage_size = (self.form.include_storage_size == Some(true)).then_some(own_size);
        let with_total = self.form.include_total_storage_size == Some(true);
        let total_storage_size = match with_total && record.parent_id.is_none() {
            true => Some(self.trace_size(&record.trace_id)?),
            false => None,
        };
        let costs = match self.form.include_costs {
            Some(true) => costs::of(&record, self.prices),
            _ => None,
        };
        let otel_dump = otel::dump(&record);
        let mut record = present(record);
        native::complete(&mut record);
        let mut more = Map::new();
        more.extend(costs.map(|costs| ("costs".to_owned(), costs)));
        if self.form.include_feedback == Some(true) {
            let feedback = feedback::of_call(self.store, &self.project, &record.id)?;
            let feedback = feedback.into_iter().map(Value::Object).collect();
            more.insert("feedback".to_owned(), Value::Array(feedback));
        }
        summary::add(&mut record, more);
        if self.form.return_expanded_column_values != Some(false)
            && let Some(paths) = &self.form.expand_columns
        {
            expand::expand_record(&mut record, paths, self.store)?;
        }
        Ok(Shown {
            record,
            columns: &self.columns,
            otel_dump,
            storage_size,
            total_storage_size,
        })
    }

    /// Returns the bytes of all calls of a trace.
    fn trace_size(&self, trace: &str) -> Result<usize, Problem> {
        let Some(project) = self.code else {
            return Ok(0);
        };
        let places = self.memory.rows.trace(project, &Id::new(trace));
        let mut total = 0;
        self.store.read(self.memory, &places, |_, record| {
            total += Shown::size(&record);
        })?;
        Ok(total)
    }
}
