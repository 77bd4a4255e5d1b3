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
/// It serves (at these paths and at Azure's) `POST /v1/chat/completions`, plain and streamed, `POST /v1/embeddings` and `GET /v1/models`, in OpenAI's
/// exact formats. Answers come from a table and an echo, tokens are counted with the model's own tokenizer, prompts
/// seen before count as cached, and any model name is accepted: responses to known aliases name their dated snapshot.
/// Faults happen only on request, by [`fail_next`](Self::fail_next) or a [`FaultPlan`]. Not imitated: `logprobs`,
/// custom tools, schemas of structured outputs (any JSON format is answered with `{"answer": "…"}`).
///
/// Dropping the server stops it without waiting: answers in progress are finished, idle connections closed.
#[derive(Debug)]
pub struct ModelServer {
    service: Arc<Service>,
    listening: Listening,
}

impl ModelServer {
    /// Returns a builder with a free port, no latency, any key and no faults.
    pub fn builder() -> ModelServerBuilder {
        ModelServerBuilder::new()
    }

    /// Returns `http://127.0.0.1:PORT/v1`, which OpenAI's clients call the API base.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.listening.address())
    }

    /// Applies a fault to the next request that it fits. Several calls form a script.
    pub fn fail_next(&self, fault: Fault) {
        self.service.faults.push(fault);
    }

    /// Returns how many faults of [`fail_next`](Self::fail_next) are still waiting for their request.
    #[must_use]
    pub fn pending_faults(&self) -> usize {
        self.service.faults.pending()
    }

    /// Returns the requests received, in order of arrival, including retries.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.service.journal.requests()
    }

    /// Returns the answers, in the order in which they were decided.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        self.service.journal.answers()
    }

    /// Returns the tokens of all answers together, including answers that a fault broke or sent without usage.
    #[must_use]
    pub fn usage(&self) -> TokenUsage {
        self.service.journal.usage()
    }

    /// Clears the journal and its total; request numbers, faults and the prompt cache stay as they are.
    pub fn clear(&self) {
        self.service.journal.clear();
    }

    /// Stops the server, and resolves when the answers in progress are finished and the port is free.
    pub async fn stop(self) {
        self.listening.stop(Stop::Graceful).await;
    }
}
