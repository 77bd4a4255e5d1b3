//! The exporter: spans in, records out to each destination.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use spanloom_core::StreamName;
use spanloom_core::content::ContentPolicy;
use tokio::runtime::{Builder, Runtime};

use crate::content::OtherSpans;
use crate::destination::Destination;
use crate::error::{Error, ErrorKind};
use crate::fanout::{Fanout, Route};
use crate::processor::{RecordExporter, RecordProcessor};
use crate::protocol::Protocol;
use crate::queue::Queue;
use crate::receipt::Receipt;
use crate::spool::{SpoolMode, SpoolSettings};
use crate::transport::Transport;
use crate::worker::{Disk, KeyRefused, Pending, Worker};

/// The share of a shutdown's time that is kept for writing down what could not be sent.
const WRITING_SHARE: u32 = 5;
const WRITING: Duration = Duration::from_millis(500);

/// Sends spans as records, on threads of its own, one for each destination, whatever runtime the service has or has not.
/// Cloning gives another handle to the same.
///
/// The threads end when [`Exporter::shutdown`] is called or the last handle is dropped, after one last try, or once what is
/// left is written to the spool.
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
    /// Begins an exporter; `stream` is where spans go that do not say otherwise.
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

    /// A span processor that gives finished spans to this exporter.
    #[must_use]
    pub fn processor(&self) -> RecordProcessor {
        RecordProcessor(Arc::clone(&self.handle.fanout))
    }

    /// A span exporter for a stock batch processor.
    #[must_use]
    pub fn span_exporter(&self) -> RecordExporter {
        RecordExporter(Arc::clone(&self.handle.fanout))
    }

    /// Waits until every span received before is delivered, refused or given up, or until `timeout`; cuts the pause
    /// before a next try short, unless the server asked for it or has refused the key twice. With a spool, it returns once a try has failed and
    /// everything is on disk. Blocks the thread it is called on. The receipt says where
    /// each span is, and what keeps a destination from taking its own.
    #[must_use = "the receipt says what is still queued"]
    pub fn flush(&self, timeout: Duration) -> Receipt {
        self.handle.fanout.flush(timeout)
    }

    /// Flushes, then takes nothing more. What could not be delivered in time is written to the spool; without one, it is
    /// tried once more in the background.
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
        // Its receipt comes later.
        let _flushed = fanout.flush(timeout.saturating_sub(writing));
        for route in &fanout.routes {
            route.queue.close();
        }
        fanout.receipt(|route| match route.spools {
            true => route.queue.ended(left()),
            false => route.queue.account(),
        })
    }

    /// The account so far.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        self.handle.fanout.receipt(|route| route.queue.account())
    }
}

impl ExporterBuilder {
    /// Sends to this destination too.
    pub fn with_destination(mut self, destination: Destination) -> Self {
        self.destinations.push(destination);
        self
    }

    /// What is kept of spans that are not this project's calls: of a service's own, and of other instrumentations, to which
    /// no layer's policy has been applied. Content in any dialect that is read passes `policy`, whole where it is in a shape
    /// that rules can be matched with; secrets are masked in every text. Default: the default policy, which masks.
    pub fn with_policy_for_other_spans(mut self, policy: ContentPolicy) -> Self {
        self.others.policy = Arc::new(policy);
        self
    }

    /// Sends no content of spans that are not this project's calls.
    pub fn without_content_of_other_spans(mut self) -> Self {
        self.others.without_content = true;
        self
    }

    /// Keeps on disk what cannot be sent. Default: no, memory only.
    pub fn with_spool(mut self, settings: SpoolSettings) -> Self {
        self.spool = Some(settings);
        self
    }

    /// Tries the key of each server that has one (a key, or headers) as soon as the exporter starts, with a request without
    /// records, on the exporter's thread: a key that is refused is in the receipt and the log before the first call, and
    /// `refused` is called with a line that names the server. Default: no, keys are tried with the first records.
    pub fn with_key_check(mut self, refused: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.key_refused = Some(KeyRefused::new(refused));
        self
    }

    /// The very folder of one destination, for whoever sends a spool that another program wrote.
    pub(crate) fn with_spool_folder(mut self, folder: PathBuf) -> Self {
        self.folder = Some(folder);
        self
    }

    /// Starts a thread for each destination.
    ///
    /// # Errors
    /// When the operating system gives no thread, or an HTTP client cannot be made. A spool that cannot be opened is no
    /// error: it is said in the log, and records stay in memory.
    pub fn start(self) -> Result<Exporter, Error> {
        let resource = Arc::new(OnceLock::new());
        let mut routes = Vec::new();
        for destination in &self.destinations {
            routes.push(self.route(destination, &resource)?);
        }
        let fanout = Arc::new(Fanout { routes, resource });
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
        let disk = self.spool.as_ref().and_then(|settings| {
            let own = || Some(settings.folder.join(destination.spool_name()?));
            let folder = self.folder.clone().or_else(own)?;
            Some(Disk::new(
                settings.clone(),
                folder,
                destination.description(),
            ))
        });
        let spools = disk.is_some();
        let eager = self
            .spool
            .as_ref()
            .is_some_and(|settings| settings.mode == SpoolMode::Always);
        let runtime = runtime().map_err(|error| failed("no runtime").with_source(error))?;
        let queue = Arc::new(Queue::new(limits, eager && spools));
        let name = destination.to_string();
        let worker = Worker::new(
            name.clone(),
            Arc::clone(&queue),
            Arc::clone(resource),
            Protocol::of(destination, &self.stream, &self.others),
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
                // However it ends, once it has left its spool, no thread waits for it.
                let _ended = Ended(ended);
                // The exporter's own requests must make no spans.
                let _suppressed = Context::enter_telemetry_suppressed_scope();
                runtime.block_on(worker.run());
                // A lookup of a host name holds no thread up.
                runtime.shutdown_background();
            })
            .map_err(|error| failed("no thread").with_source(error))?;
        Ok(Route {
            name,
            queue,
            spools,
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
