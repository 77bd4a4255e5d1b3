//! The exporter: spans in, records out to each destination.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::Context;
use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::Resource;
use spanloom_core::content::ContentPolicy;
use spanloom_core::{Evaluation, StreamName};
use tokio::runtime::{Builder, Runtime};

use crate::content::OtherSpans;
use crate::destination::Destination;
use crate::error::{Error, ErrorKind};
use crate::fanout::{Fanout, Route};
use crate::item::CallEvaluation;
use crate::processor::{RecordExporter, RecordProcessor};
use crate::protocol::Protocol;
use crate::queue::Queue;
use crate::receipt::Receipt;
use crate::spool::{SpoolMode, SpoolSettings};
use crate::starts::StartSender;
use crate::transport::Transport;
use crate::worker::{Disk, KeyRefused, Pending, Worker};

/// The share of a shutdown's time reserved for spooling records that could not be sent.
const WRITING_SHARE: u32 = 5;
const WRITING: Duration = Duration::from_millis(500);

/// Sends spans as records, on its own threads, one for each destination, with or without a runtime in the service. A
/// clone is another handle to the same exporter.
///
/// The threads end when [`Exporter::shutdown`] is called or the last handle is dropped, after one last try, or once the
/// remaining records are in the spool.
#[derive(Clone, Debug)]
pub struct Exporter {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    fanout: Arc<Fanout>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        for route in &self.fanout.routes {
            route.queue.close();
        }
    }
}

/// Settings of an [`Exporter`].
#[must_use = "nothing is exported until `start`"]
#[derive(Debug)]
pub struct ExporterBuilder {
    stream: StreamName,
    destinations: Vec<Destination>,
    spool: Option<SpoolSettings>,
    folder: Option<PathBuf>,
    others: OtherSpans,
    key_refused: Option<KeyRefused>,
}

impl Exporter {
    /// Returns a builder; `stream` is the default for spans that name none.
    pub fn builder(stream: StreamName) -> ExporterBuilder {
        ExporterBuilder {
            stream,
            destinations: Vec::new(),
            spool: None,
            folder: None,
            others: OtherSpans::default(),
            key_refused: None,
        }
    }

    pub(crate) fn fanout(&self) -> Arc<Fanout> {
        Arc::clone(&self.handle.fanout)
    }

    /// Returns a span processor that hands finished spans to this exporter.
    #[must_use]
    pub fn processor(&self) -> RecordProcessor {
        RecordProcessor(Arc::clone(&self.handle.fanout))
    }

    /// Returns a span exporter for a stock batch processor.
    #[must_use]
    pub fn span_exporter(&self) -> RecordExporter {
        RecordExporter(Arc::clone(&self.handle.fanout))
    }

    /// Waits until every span received so far is delivered, refused or given up, or until `timeout`. Cuts short the
    /// pause before the next try, unless the server asked for it or has refused the key twice. With a spool, returns
    /// once a try has failed and everything is on disk. Blocks the calling thread. The receipt shows where each span
    /// is, and what keeps a destination from taking its spans.
    #[must_use = "the receipt says what is still queued"]
    pub fn flush(&self, timeout: Duration) -> Receipt {
        self.handle.fanout.flush(timeout)
    }

    /// Flushes, then accepts no more spans. Spans that are not delivered in time are written to the spool; without a
    /// spool, they are tried once more in the background.
    #[must_use = "the receipt says what is still queued"]
    pub fn shutdown(&self, timeout: Duration) -> Receipt {
        let deadline = Instant::now().checked_add(timeout);
        let left = || {
            deadline.map_or(timeout, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            })
        };
        let fanout = &self.handle.fanout;
        let spools = fanout.routes.iter().any(|route| route.spools);
        let writing = if spools {
            WRITING.min(timeout / WRITING_SHARE)
        } else {
            Duration::ZERO
        };
        // The receipt is taken later.
        let _flushed = fanout.flush(timeout.saturating_sub(writing));
        for route in &fanout.routes {
            route.queue.close();
        }
        fanout.receipt(|route| match route.spools {
            true => route.queue.ended(left()),
            false => route.queue.account(),
        })
    }

    /// Sends an evaluation of a call, made `at` this time, to the servers that keep them with the call: spanloom's, and W&B's by its native API, as
    /// the result of a scorer. It is queued, sent again, kept on disk and counted as a span is. Returns whether there is such a
    /// server. Collectors get evaluations as events, from a layer. The call's project is that of the resource, else the default.
    #[expect(clippy::must_use_candidate, reason = "most callers have no use for it")]
    pub fn evaluate(&self, call: &SpanContext, evaluation: Evaluation, at: SystemTime) -> bool {
        let evaluation = CallEvaluation::of(call, evaluation, at);
        self.handle.fanout.evaluate(evaluation)
    }

    /// Returns the account so far.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        self.handle.fanout.receipt(|route| route.queue.account())
    }
}

impl ExporterBuilder {
    /// Adds a destination.
    pub fn with_destination(mut self, destination: Destination) -> Self {
        self.destinations.push(destination);
        self
    }

    /// Sets the policy for spans that are not this project's calls: the service's own and those of other
    /// instrumentations, to which no layer's policy has been applied. Content in any known dialect passes `policy`, in
    /// full where rules can match its shape; secrets are masked in every text. Default: the masking default policy.
    pub fn with_policy_for_other_spans(mut self, policy: ContentPolicy) -> Self {
        self.others.policy = Arc::new(policy);
        self
    }

    /// Sends no content of spans that are not this project's calls.
    pub fn without_content_of_other_spans(mut self) -> Self {
        self.others.without_content = true;
        self
    }

    /// Keeps on disk the records that cannot be sent. Default: memory only.
    pub fn with_spool(mut self, settings: SpoolSettings) -> Self {
        self.spool = Some(settings);
        self
    }

    /// Checks the key of each server that has one (a key, or headers) as soon as the exporter starts, with a request
    /// without records, on the exporter's thread. A refused key is in the receipt and the log before the first call,
    /// and `refused` is called with a line that names the server. Default: keys are tried with the first records.
    pub fn with_key_check(mut self, refused: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.key_refused = Some(KeyRefused::new(refused));
        self
    }

    /// Sets the exact folder of one destination, for sending a spool that another program wrote.
    pub(crate) fn with_spool_folder(mut self, folder: PathBuf) -> Self {
        self.folder = Some(folder);
        self
    }

    /// Starts a thread for each destination.
    ///
    /// # Errors
    /// When a thread cannot be spawned or an HTTP client cannot be built. A spool that cannot be opened is not an
    /// error: it is logged, and records stay in memory.
    pub fn start(self) -> Result<Exporter, Error> {
        let resource = Arc::new(OnceLock::new());
        let mut routes = Vec::new();
        for destination in &self.destinations {
            routes.push(self.route(destination, &resource)?);
        }
        let fanout = Arc::new(Fanout {
            routes,
            resource,
            others: self.others,
        });
        Ok(Exporter {
            handle: Arc::new(Handle { fanout }),
        })
    }

    fn route(
        &self,
        destination: &Destination,
        resource: &Arc<OnceLock<Resource>>,
    ) -> Result<Route, Error> {
        let failed = |what: &str| {
            let message = format!("cannot start the exporter: {what}");
            Error::new(ErrorKind::Start, message)
        };
        let limits = destination.limits();
        let transport = match destination.url() {
            Some(_) => Some(Transport::new(destination)?),
            None => None,
        };
        let disk = self.disk(destination);
        let spools = disk.is_some();
        let eager = self
            .spool
            .as_ref()
            .is_some_and(|settings| settings.mode == SpoolMode::Always);
        let runtime = runtime().map_err(|error| failed("no runtime").with_source(error))?;
        let queue = Arc::new(Queue::new(limits, eager && spools));
        let start_sender = self.start_sender(destination, transport.as_ref(), resource);
        let starts = start_sender.as_ref().map(|it| Arc::clone(&it.starts));
        let name = destination.to_string();
        let protocol = Protocol::of(destination, &self.stream, &self.others);
        let takes_evaluations = protocol.takes_evaluations();
        let worker = Worker::new(
            name.clone(),
            Arc::clone(&queue),
            Arc::clone(resource),
            protocol,
            transport,
            Pending::new(limits, disk),
        )
        .with_key_check(
            self.key_refused.clone().filter(|_| destination.has_key()),
            &self.stream,
        );
        let ended = Arc::clone(&queue);
        std::thread::Builder::new()
            .name("spanloom-exporter".to_owned())
            .spawn(move || {
                // Dropped once the spool is released, however the thread ends, so that no thread waits for it.
                let _ended = Ended(ended);
                // The exporter's own requests must not create spans.
                let _suppressed = Context::enter_telemetry_suppressed_scope();
                if let Some(start_sender) = start_sender {
                    runtime.spawn(start_sender.run());
                }
                runtime.block_on(worker.run());
                // A pending host lookup does not block the thread.
                runtime.shutdown_background();
            })
            .map_err(|error| failed("no thread").with_source(error))?;
        Ok(Route {
            name,
            queue,
            spools,
            takes_evaluations,
            starts,
        })
    }

    fn disk(&self, destination: &Destination) -> Option<Disk> {
        let settings = self.spool.as_ref()?;
        let own = || Some(settings.folder.join(destination.spool_name()?));
        let folder = self.folder.clone().or_else(own)?;
        Some(Disk::new(
            settings.clone(),
            folder,
            destination.description(),
        ))
    }

    fn start_sender(
        &self,
        destination: &Destination,
        transport: Option<&Transport>,
        resource: &Arc<OnceLock<Resource>>,
    ) -> Option<StartSender> {
        let weave = Protocol::of_starts(destination, &self.stream, &self.others)?;
        Some(StartSender {
            starts: Arc::default(),
            resource: Arc::clone(resource),
            weave,
            transport: transport?.clone(),
        })
    }
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

struct Ended(Arc<Queue>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.end();
    }
}
