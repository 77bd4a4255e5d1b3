//! A network that fails on purpose: a proxy in front of any HTTP server, whose misbehaviour a test scripts.
//!
//! The chapter in files: `fault` lists the behaviours and `matrix` all of them with figures; `wire` is a connection that
//! can be read slowly and cut; `message` finds where HTTP/1.1 messages end; `apply` lets one fault happen and `relay`
//! those that need the upstream's answer; `synthetic` holds the answers that no upstream gave; `http2` does what makes
//! sense of it for gRPC; `serve` accepts connections.

mod apply;
mod fault;
mod http2;
mod matrix;
mod message;
mod relay;
mod serve;
mod shared;
mod synthetic;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

pub use fault::{Cut, ProxyFault, RetryAfter};
/// The status codes that [`ProxyFault::Status`] takes.
pub use http::StatusCode;
pub use shared::ProxyCounts;

use shared::Shared;

/// How long the waits last: far longer than any fault takes to strike, short enough for a test run.
const PATIENCE: Duration = Duration::from_secs(10);

/// A proxy on a loopback port that stands before a server and misbehaves by script, one [`ProxyFault`] a request.
///
/// It speaks HTTP/1.1, and HTTP/2 with prior knowledge (gRPC without TLS) as far as a behaviour makes sense there: byte
/// counts are then those of whole frames, answers that are made up are made of frames where there is such an answer and
/// are HTTP/1.1, and so garbage, where there is none, and [`Duplicate`](ProxyFault::Duplicate) passes once. Other
/// requests on the same connection share its fate. What no fault is due for passes unchanged, connections kept alive.
/// It runs on a thread of its own and so serves tests with
/// any runtime or none; dropping it closes every connection, ends the thread and waits for that.
///
/// Faults that apply before a request (`NeverAccept`, `ResetAtConnect` and such) wait for the next new connection, or
/// for the next request on one that is open already; all others for the next request. After most faults the connection
/// is gone, as it would be; a [`Status`](ProxyFault::Status) keeps it.
///
/// ```
/// use spanloom_fault_proxy::{FaultProxy, ProxyFault};
/// use spanloom_testkit::Sink;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sink = Sink::start_on_thread()?;
/// let proxy = FaultProxy::start(sink.address())?;
/// proxy.fault_next(ProxyFault::HangAfterRequest); // the first request; those after it pass
/// assert!(proxy.url().starts_with("http://127.0.0.1:")); // what the client under test is given
/// for fault in ProxyFault::matrix() {
///     println!("{fault}"); // one row of a test for each
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FaultProxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// Starts on a free loopback port, on a thread of its own.
    ///
    /// The upstream need not run yet: while it does not, connections are closed when a request has to be passed on.
    ///
    /// # Errors
    ///
    /// When no port can be bound, or no thread or runtime started.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        let (front, address) = serve::bind()?;
        let (elsewhere, other) = serve::bind()?;
        let shared = Arc::new(Shared::new(upstream, address, other));
        let (stop, stopping) = watch::channel(false);
        let thread = serve::on_thread(front, elsewhere, Arc::clone(&shared), stopping)?;
        Ok(Self {
            shared,
            address,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, without a path and a final slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.address.port())
    }

    /// Lets this happen once. Several calls make a script, in the order of the requests.
    pub fn fault_next(&self, fault: ProxyFault) {
        self.shared.script(|script| script.next.push_back(fault));
    }

    /// Lets this happen whenever the script is empty, until [`heal`](Self::heal).
    pub fn fault_always(&self, fault: ProxyFault) {
        self.shared.script(|script| script.always = Some(fault));
    }

    /// Ends all misbehaviour: the script is forgotten, and what is not accepted yet is accepted and passes.
    /// Requests that hang already stay as they are, as they do when a real network comes back.
    pub fn heal(&self) {
        self.shared.script(|script| {
            script.next.clear();
            script.always = None;
        });
    }

    /// Lets go the answers that [`ProxyFault::HeldAnswer`] holds back.
    pub fn release(&self) {
        self.shared.release();
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> ProxyCounts {
        self.shared.counts()
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.counts().connections
    }

    /// Waits until `count` faults have struck, for at most ten seconds. A fault has struck when what its name says is
    /// done: the request read and the hanging begun, the connection cut, the answer sent to its end.
    ///
    /// Cancellation: nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::TimedOut`] when fewer did.
    pub async fn wait_for_faults(&self, count: u64) -> io::Result<ProxyCounts> {
        let mut counts = self.shared.subscribe();
        let enough = counts.wait_for(|counts| counts.faults >= count);
        tokio::time::timeout(PATIENCE, enough).await.ok();
        self.faults(count)
    }

    /// As [`wait_for_faults`](Self::wait_for_faults), blocking the thread.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::TimedOut`] when fewer did.
    pub fn wait_for_faults_blocking(&self, count: u64) -> io::Result<ProxyCounts> {
        self.shared
            .wait_blocking(PATIENCE, |counts| counts.faults >= count);
        self.faults(count)
    }

    fn faults(&self, count: u64) -> io::Result<ProxyCounts> {
        let counts = self.counts();
        match counts.faults >= count {
            true => Ok(counts),
            false => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!(
                    "{} of {count} faults struck within {PATIENCE:?}",
                    counts.faults
                ),
            )),
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // It only ever waits for the network, and for `stop` beside it. A panic there has said itself.
            thread.join().ok();
        }
    }
}
