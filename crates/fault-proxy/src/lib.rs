//! A network that fails on purpose: a proxy in front of any HTTP server, with scripted faults for tests.
//!
//! The modules: `fault` lists the faults and `matrix` all of them with figures; `wire` is a connection that can be read
//! slowly and cut; `message` finds where HTTP/1.1 messages end; `apply` applies one fault, and `relay` those that need
//! the upstream's answer; `synthetic` holds the answers that no upstream sent; `http2` applies the same faults to gRPC
//! where they make sense; `serve` accepts connections.

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
/// The status codes that [`ProxyFault::Status`] accepts.
pub use http::StatusCode;
pub use shared::ProxyCounts;

use shared::Shared;

/// How long the waits last: far longer than any fault takes to strike, short enough for a test run.
const PATIENCE: Duration = Duration::from_secs(10);

/// A proxy in front of a server, on a loopback port. It misbehaves by script, one [`ProxyFault`] per request.
///
/// It speaks HTTP/1.1, and HTTP/2 with prior knowledge (gRPC without TLS) where a fault makes sense there: byte counts
/// are then those of whole frames, invented answers are sent as frames where such an answer exists and otherwise as
/// HTTP/1.1, and so as garbage, and [`Duplicate`](ProxyFault::Duplicate) forwards once. A fault also hits the other
/// requests on its connection. Requests without a fault pass unchanged, and connections stay alive. The proxy runs on a
/// separate thread and so serves tests with any runtime or none; dropping it closes every connection, ends the thread
/// and waits for that.
///
/// Faults that apply before a request (`NeverAccept`, `ResetAtConnect` and such) wait for the next new connection, or
/// for the next request on an open one; all others wait for the next request. Most faults end the connection, as in a
/// real network; a [`Status`](ProxyFault::Status) keeps it.
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
    /// Starts a proxy on a free loopback port, on a separate thread.
    ///
    /// The upstream need not run yet: until it does, connections are closed when a request has to be forwarded.
    ///
    /// # Errors
    ///
    /// When no port can be bound, or when the thread or its runtime cannot be started.
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

    /// Returns the address that the proxy listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns `http://127.0.0.1:PORT`, without a path or a final slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.address.port())
    }

    /// Applies a fault once. Several calls form a script, in the order of the requests.
    pub fn fault_next(&self, fault: ProxyFault) {
        self.shared.script(|script| script.next.push_back(fault));
    }

    /// Applies a fault whenever the script is empty, until [`heal`](Self::heal).
    pub fn fault_always(&self, fault: ProxyFault) {
        self.shared.script(|script| script.always = Some(fault));
    }

    /// Ends all misbehaviour: the script is cleared, and waiting connections are accepted and pass. Requests that
    /// already hang stay that way, as they do when a real network recovers.
    pub fn heal(&self) {
        self.shared.script(|script| {
            script.next.clear();
            script.always = None;
        });
    }

    /// Delivers the answers that [`ProxyFault::HeldAnswer`] holds back.
    pub fn release(&self) {
        self.shared.release();
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn counts(&self) -> ProxyCounts {
        self.shared.counts()
    }

    /// Returns the number of connections accepted so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.counts().connections
    }

    /// Waits until `count` faults have struck, for at most ten seconds. A fault has struck when its effect is complete:
    /// the request read and the hang begun, the connection cut, the answer sent to its end.
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

    /// Waits like [`wait_for_faults`](Self::wait_for_faults), but blocks the thread.
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
            // The thread waits only for the network and for `stop`. A panic there has already printed its message.
            thread.join().ok();
        }
    }
}
