//! The server's answers, as far as they are printed.

use serde::Deserialize;

/// The measures of a set of calls.
#[derive(Debug, Deserialize)]
pub(super) struct Stats {
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) priced_calls: u64,
    pub(super) cost_usd: Option<f64>,
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) p50_ms: Option<f64>,
    pub(super) p95_ms: Option<f64>,
}

/// A call in a list.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) trace_id: String,
    pub(super) op_name: String,
    pub(super) model: Option<String>,
    pub(super) status: String,
    pub(super) outcome: Option<String>,
    pub(super) exception: Option<String>,
    pub(super) user: Option<String>,
    pub(super) thread: Option<String>,
    pub(super) started_at: f64,
    pub(super) latency_ms: Option<f64>,
    pub(super) ttfc_ms: Option<f64>,
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) total_tokens: Option<u64>,
    pub(super) cost_usd: Option<f64>,
    pub(super) prompt: Option<String>,
    pub(super) completion: Option<String>,
}

impl Row {
    /// Returns the model, or the name of a span that calls none.
    pub(super) fn title(&self) -> &str {
        self.model.as_deref().unwrap_or(&self.op_name)
    }

    /// Returns how the call ended, in one word.
    pub(super) fn ending(&self) -> &str {
        match self.outcome.as_deref() {
            Some("cancelled") => "cancelled",
            _ if self.status == "success" => "ok",
            _ => &self.status,
        }
    }
}

/// What is known of a search.
#[derive(Debug, Default, Deserialize)]
pub(super) struct About {
    pub(super) unknown_fields: Vec<String>,
    pub(super) content: Option<Searched>,
}

/// How far the search for words came.
#[derive(Debug, Deserialize)]
pub(super) struct Searched {
    pub(super) read: u64,
    pub(super) reached: Option<f64>,
    pub(super) is_complete: bool,
}
