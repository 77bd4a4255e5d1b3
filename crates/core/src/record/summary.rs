//! The summary of a record: the numbers.

use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Cost, Usage};

/// The numbers of a call, as stored in [`Record::summary`](crate::Record::summary).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Tokens by response model; one entry for a model call.
    pub usage: BTreeMap<String, UsageSummary>,
    /// Duration in seconds; absent while the call runs.
    pub latency_s: Option<f64>,
    /// The time from the start to the first chunk of a stream, in seconds.
    pub time_to_first_chunk_s: Option<f64>,
    /// The cost, when it is known.
    pub cost: Option<CostSummary>,
    /// How the call ended.
    pub status_code: StatusCode,
}

/// Token counts under Weave's names; one family only, because Weave's cost adds up `prompt_*` and `input_*`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields carry Weave's names")]
pub struct UsageSummary {
    pub requests: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
}

impl From<&Usage> for UsageSummary {
    fn from(usage: &Usage) -> Self {
        Self {
            requests: 1,
            prompt_tokens: usage.input_tokens,
            completion_tokens: usage.output_tokens,
            total_tokens: usage.total_tokens(),
            cache_read_input_tokens: usage.cache_read_tokens,
            cache_creation_input_tokens: usage.cache_write_tokens,
            reasoning_tokens: usage.reasoning_tokens,
        }
    }
}

/// Cost in US dollars, with its source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are those of `Cost`")]
pub struct CostSummary {
    pub total_usd: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_usd: Option<f64>,
    /// `reported`, `priced` or `estimated`.
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_date: Option<String>,
    /// `builtin` or `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_source: Option<String>,
}

impl From<&Cost> for CostSummary {
    fn from(cost: &Cost) -> Self {
        Self {
            total_usd: cost.total.as_dollars(),
            input_usd: cost.input.map(crate::Usd::as_dollars),
            output_usd: cost.output.map(crate::Usd::as_dollars),
            source: cost.source.as_str().to_owned(),
            price_date: cost.price_date.clone(),
            price_source: cost.price_source.map(|source| source.as_str().to_owned()),
        }
    }
}

/// The status of a record, in the words of the first W&B monitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum StatusCode {
    /// Not ended, or ended by the caller before the answer was complete.
    #[default]
    Unset,
    /// The answer arrived.
    Success,
    /// The call failed.
    Error,
}

/// The map that a record holds: the fields, and Weave's `status_counts`.
impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.usage.is_empty() {
            map.serialize_entry("usage", &self.usage)?;
        }
        let times = [
            ("latency_s", self.latency_s),
            ("time_to_first_chunk_s", self.time_to_first_chunk_s),
        ];
        for (name, seconds) in times {
            if let Some(seconds) = seconds {
                map.serialize_entry(name, &seconds)?;
            }
        }
        if let Some(cost) = &self.cost {
            map.serialize_entry("cost", cost)?;
        }
        map.serialize_entry("status_code", &self.status_code)?;
        map.serialize_entry("status_counts", &StatusCounts::of(self.status_code))?;
        map.end()
    }
}

#[derive(Serialize)]
struct StatusCounts {
    success: u64,
    error: u64,
}

impl StatusCounts {
    fn of(status: StatusCode) -> Self {
        Self {
            success: u64::from(status == StatusCode::Success),
            error: u64::from(status == StatusCode::Error),
        }
    }
}

impl Summary {
    /// Returns the map that a record holds.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }

    /// Reads the map of a record; a field of another shape counts as absent.
    #[must_use]
    pub fn from_map(map: &Map<String, Value>) -> Self {
        fn field<'a, T: Deserialize<'a>>(map: &'a Map<String, Value>, name: &str) -> Option<T> {
            map.get(name).and_then(|value| T::deserialize(value).ok())
        }
        let usage = map.get("usage").and_then(Value::as_object);
        Self {
            usage: usage
                .into_iter()
                .flatten()
                .filter_map(|(model, entry)| {
                    Some((model.clone(), UsageSummary::read(entry.as_object()?)))
                })
                .collect(),
            latency_s: field(map, "latency_s"),
            time_to_first_chunk_s: field(map, "time_to_first_chunk_s"),
            cost: field(map, "cost"),
            status_code: field(map, "status_code").unwrap_or_default(),
        }
    }
}

impl UsageSummary {
    /// Reads one entry of Weave's usage, in either of its two families of names.
    fn read(entry: &Map<String, Value>) -> Self {
        let count = |names: [&str; 2]| {
            names
                .iter()
                .find_map(|name| entry.get(*name).and_then(Value::as_u64))
        };
        let prompt_tokens = count(["prompt_tokens", "input_tokens"]);
        let completion_tokens = count(["completion_tokens", "output_tokens"]);
        Self {
            requests: entry.get("requests").and_then(Value::as_u64).unwrap_or(1),
            prompt_tokens,
            completion_tokens,
            total_tokens: count(["total_tokens", "total_tokens"]).or(
                match (prompt_tokens, completion_tokens) {
                    (None, None) => None,
                    (prompt, completion) => {
                        Some(prompt.unwrap_or(0).saturating_add(completion.unwrap_or(0)))
                    }
                },
            ),
            cache_read_input_tokens: count(["cache_read_input_tokens", "cached_tokens"]),
            cache_creation_input_tokens: count([
                "cache_creation_input_tokens",
                "cache_write_tokens",
            ]),
            reasoning_tokens: count(["reasoning_tokens", "reasoning_output_tokens"]),
        }
    }
}
