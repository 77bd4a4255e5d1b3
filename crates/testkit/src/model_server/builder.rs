//! Starting a model server.

use std::sync::Arc;

use super::cache::PromptCache;
use super::journal::Journal;
use super::plan::Faults;
use super::seed::Seed;
use super::service::{Service, router};
use super::{FaultPlan, Latency, ModelServer};
use crate::Error;
use crate::listen::Listening;

/// The default number of journal entries of each kind.
const JOURNAL_LIMIT: usize = 10_000;

/// Builds a [`ModelServer`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `start` or `start_on_thread`"]
pub struct ModelServerBuilder {
    latency: Latency,
    seed: u64,
    port: u16,
    api_key: Option<ApiKey>,
    plan: FaultPlan,
    journal_limit: usize,
}

/// The key that clients must send; never printed.
#[derive(Clone)]
pub(super) struct ApiKey(pub(super) String);

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

impl ModelServerBuilder {
    pub(super) fn new() -> Self {
        Self {
            latency: Latency::None,
            seed: 0,
            port: 0,
            api_key: None,
            plan: FaultPlan::new(),
            journal_limit: JOURNAL_LIMIT,
        }
    }

    /// Sets how long answers take. Default: [`Latency::None`].
    pub fn with_latency(mut self, latency: Latency) -> Self {
        self.latency = latency;
        self
    }

    /// Sets the seed of ids, latencies and the wording of echoes. Default: 0.
    ///
    /// The same seed and the same requests in the same order give the same answers, except for `created`.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the loopback port. Default: 0, any free port.
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Answers 401 to requests without this key, sent as a bearer token or in Azure's `api-key` header. Default: any
    /// key is accepted.
    pub fn with_api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(ApiKey(key.into()));
        self
    }

    /// Sets faults by the number of the request. Default: none.
    pub fn with_fault_plan(mut self, plan: FaultPlan) -> Self {
        self.plan = plan;
        self
    }

    /// Sets how many requests and answers the journal keeps, newest last. Default: 10,000 of each.
    pub fn with_journal_limit(mut self, entries: usize) -> Self {
        self.journal_limit = entries;
        self
    }

    /// Starts the server on the caller's tokio runtime.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) when the port is taken,
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) outside a tokio runtime.
    pub async fn start(self) -> Result<ModelServer, Error> {
        let (port, service) = self.service();
        let listening =
            Listening::here(port, |signal| router(Arc::clone(&service), signal)).await?;
        Ok(ModelServer { service, listening })
    }

    /// Starts the server on a separate thread, for tests without a runtime and for tests that block theirs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) when the port is taken,
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) when no thread can be started.
    pub fn start_on_thread(self) -> Result<ModelServer, Error> {
        let (port, service) = self.service();
        let listening = Listening::on_thread(port, |signal| router(Arc::clone(&service), signal))?;
        Ok(ModelServer { service, listening })
    }

    fn service(self) -> (u16, Arc<Service>) {
        let service = Service {
            latency: self.latency,
            seed: Seed::new(self.seed),
            api_key: self.api_key,
            faults: Faults::new(self.plan),
            journal: Journal::new(self.journal_limit),
            cache: PromptCache::default(),
        };
        (self.port, Arc::new(service))
    }
}
