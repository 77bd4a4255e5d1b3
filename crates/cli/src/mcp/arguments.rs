//! The arguments of tools. Their comments are what a model reads.

use std::time::{SystemTime, UNIX_EPOCH};

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

use crate::error::Error;
use crate::query::client::{Parameters, stream};

/// Which calls of a stream are asked for.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Selection {
    /// The stream, as entity/project/stream.
    pub(super) stream: String,
    /// A search: field:value terms and words, all of which a call meets. Values may be lists (a OR b) and patterns (gpt*);
    /// numbers are latency (seconds), first_chunk, cost (dollars), input, output and tokens, with >, >=, <, <= or a..b;
    /// fields are model, op, provider, status (success, error, running), outcome, user, conversation, name, has, or the path of
    /// an attribute; a minus excludes. Example: status:error -model:gpt* latency:>2 "an umbrella"
    #[serde(default)]
    pub(super) search: String,
    /// Only calls that began in the last so many minutes.
    pub(super) minutes: Option<u64>,
    /// The order: a column or measure, with - before it for descending.
    pub(super) sort: Option<String>,
    /// The most items, 1 to 50. Default: 20.
    pub(super) limit: Option<usize>,
    /// The items to leave out before the first. Default: 0.
    #[serde(default)]
    pub(super) offset: usize,
}

impl Selection {
    pub(super) fn parameters(&self) -> Result<Parameters, Error> {
        let mut parameters = stream(&self.stream)?;
        if !self.search.is_empty() {
            parameters.push(("q", self.search.clone()));
        }
        if let Some(minutes) = self.minutes {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
            let from = now.saturating_sub(minutes.saturating_mul(60_000));
            parameters.push(("from", from.to_string()));
        }
        if let Some(sort) = &self.sort {
            parameters.push(("sort", sort.clone()));
        }
        let limit = self.limit.unwrap_or(20).clamp(1, 50);
        parameters.push(("limit", limit.to_string()));
        parameters.push(("offset", self.offset.to_string()));
        Ok(parameters)
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Streams {
    /// The streams to leave out before the first. Default: 0.
    #[serde(default)]
    pub(super) offset: usize,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Groups {
    #[serde(flatten)]
    pub(super) selection: Selection,
    /// One or two properties: model, op, provider, status, outcome, user, thread, name or attr:PATH. Default: model.
    #[serde(default)]
    pub(super) by: Vec<String>,
}

/// A call or a trace.
#[derive(Deserialize, JsonSchema)]
pub(super) struct One {
    /// The project, as entity/project.
    pub(super) project: String,
    /// The id.
    pub(super) id: String,
    /// Where the page begins, in characters, as the page before states it. Default: 0.
    #[serde(default)]
    pub(super) offset: usize,
}
