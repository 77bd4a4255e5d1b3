//! A local server that answers like OpenAI.

mod answer;
mod builder;
mod cache;
mod catalogue;
mod chat;
mod completion;
mod embedding;
mod fault;
mod journal;
mod latency;
mod plan;
mod problem;
mod reaction;
mod request;
mod seed;
mod service;
mod stream;
mod token;
mod usage;

use std::sync::Arc;

pub use builder::ModelServerBuilder;
pub use fault::Fault;
pub use journal::{Answer, ReceivedRequest};
pub use latency::Latency;
pub use plan::FaultPlan;
pub use usage::TokenUsage;

use crate::listen::{Listening, Stop};
use service::Service;

/// A local server that answers like OpenAI, on the loopback interface only.
///
/// Served are `POST /v1/chat/completions`, plain and streamed, `POST /v1/embeddings` and `GET /v1/models`, in
/// OpenAI's exact shapes. Answers come from a table and an echo, tokens are counted with the model's own tokenizer,
/// prompts seen before count as cached, and any model name is accepted: known aliases answer under their dated
/// snapshot. Faults happen only when asked for, by [`fail_next`](Self::fail_next) or a [`FaultPlan`]. Not imitated:
/// `logprobs`, custom tools, schemas of structured outputs (any JSON format is answered with `{"answer": "…"}`).
///
/// Dropping it stops it without waiting: answers under way are finished, idle connections closed.
#[derive(Debug)]
pub struct ModelServer {
    service: Arc<Service>,
    listening: Listening,
}

impl ModelServer {
    /// A builder with a free port, no latency, any key and no faults.
    pub fn builder() -> ModelServerBuilder {
        ModelServerBuilder::new()
    }

    /// `http://127.0.0.1:PORT/v1`, what OpenAI's clients call the API base.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.listening.address())
    }

    /// Makes the next request that the fault fits go wrong. Several calls make a script.
    pub fn fail_next(&self, fault: Fault) {
        self.service.faults.push(fault);
    }

    /// How many faults of [`fail_next`](Self::fail_next) still wait for their request.
    #[must_use]
    pub fn pending_faults(&self) -> usize {
        self.service.faults.pending()
    }

    /// The requests received, in the order of their arrival, retries among them.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.service.journal.requests()
    }

    /// What was answered, in the order in which the answers were decided.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        self.service.journal.answers()
    }

    /// The tokens of all answers together, also of those that a fault broke or kept silent about their usage.
    #[must_use]
    pub fn usage(&self) -> TokenUsage {
        self.service.journal.usage()
    }

    /// Empties the journal and its sum; numbers go on, and so do faults and the prompt cache.
    pub fn clear(&self) {
        self.service.journal.clear();
    }

    /// Stops, and resolves when the answers under way are finished and the port is free.
    pub async fn stop(self) {
        self.listening.stop(Stop::Graceful).await;
    }
}
