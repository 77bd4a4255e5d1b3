//! The destination of an exporter: records requests and answers as scripted.

mod answer;
mod request;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use tokio::net::TcpSocket;
use tokio::sync::watch;

pub use answer::SinkAnswer;
pub use request::SinkRequest;

use crate::Error;
use crate::listen::{Listening, Signal, Stop, keep};
use crate::lock::lock;

/// How long the waits last: far longer than any export takes, short enough for a test run.
const PATIENCE: Duration = Duration::from_secs(10);

/// An HTTP server for exporters to send to: Weave's `POST /v2/{entity}/{project}/calls/complete`, OTLP's
/// `POST /v1/traces`, or anything else.
///
/// It records every request on any path and answers 200 with an empty body of the right kind, unless scripted
/// otherwise. It can be stopped like a crashed server, together with its connections, and restarted on the same port.
/// Dropping it stops it without waiting.
///
/// ```
/// use spanloom_testkit::{Sink, StatusCode};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), spanloom_testkit::Error> {
/// let sink = Sink::start().await?;
/// sink.answer_next(StatusCode::SERVICE_UNAVAILABLE); // the first request; those after it get 200
/// assert!(sink.url().starts_with("http://127.0.0.1:"));
/// assert!(sink.requests().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Sink {
    shared: Arc<Shared>,
    driver: Driver,
    port: u16,
    listening: Mutex<Option<Listening>>,
    /// The reserved port while the sink is stopped.
    kept: Mutex<Option<TcpSocket>>,
}

#[derive(Clone, Copy, Debug)]
enum Driver {
    Here,
    Thread,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
    count: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    requests: Vec<SinkRequest>,
    script: VecDeque<SinkAnswer>,
    otherwise: Option<SinkAnswer>,
}

impl Sink {
    /// Starts a sink on a free loopback port, on the caller's tokio runtime.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) when no port can be bound,
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) outside a tokio runtime.
    pub async fn start() -> Result<Self, Error> {
        let shared = Shared::new();
        let listening = Listening::here(0, router(&shared)).await?;
        Ok(Self::new(shared, Driver::Here, listening))
    }

    /// Starts a sink on a separate thread, for tests without a runtime and for tests that block theirs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) when no port can be bound,
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) when no thread can be started.
    pub fn start_on_thread() -> Result<Self, Error> {
        let shared = Shared::new();
        let listening = Listening::on_thread(0, router(&shared))?;
        Ok(Self::new(shared, Driver::Thread, listening))
    }

    fn new(shared: Arc<Shared>, driver: Driver, listening: Listening) -> Self {
        Self {
            shared,
            driver,
            port: listening.address().port(),
            listening: Mutex::new(Some(listening)),
            kept: Mutex::default(),
        }
    }

    /// Returns `http://127.0.0.1:PORT`, without a path or a final slash; the same after a restart.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the address that the sink listens on; the same after a restart.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Answers one request with this status. Several calls form a script: `[503, 503, 200]`.
    pub fn answer_next(&self, status: StatusCode) {
        self.answer_next_with(SinkAnswer::status(status));
    }

    /// Answers one request with this answer: headers, a body, a hang or a closed connection.
    pub fn answer_next_with(&self, answer: SinkAnswer) {
        lock(&self.shared.state).script.push_back(answer);
    }

    /// Sets the answer to every request while the script is empty, instead of 200.
    pub fn answer_always(&self, answer: SinkAnswer) {
        lock(&self.shared.state).otherwise = Some(answer);
    }

    /// Returns the requests so far, in the order in which their bodies were complete.
    #[must_use]
    pub fn requests(&self) -> Vec<SinkRequest> {
        lock(&self.shared.state).requests.clone()
    }

    /// Waits until at least `count` requests have arrived, for at most ten seconds, and returns all of them.
    ///
    /// Cancellation: nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) when fewer arrived.
    pub async fn wait_for(&self, count: usize) -> Result<Vec<SinkRequest>, Error> {
        let mut arrived = self.shared.count.subscribe();
        let enough = arrived.wait_for(|arrived| *arrived >= count);
        let in_time = tokio::time::timeout(PATIENCE, enough).await.is_ok();
        self.arrived(count, in_time)
    }

    /// Waits like [`wait_for`](Self::wait_for), but blocks the thread: for a sink [on its own](Self::start_on_thread).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) when fewer arrived.
    pub fn wait_for_blocking(&self, count: usize) -> Result<Vec<SinkRequest>, Error> {
        let few = |state: &mut State| state.requests.len() < count;
        let state = lock(&self.shared.state);
        let (state, waited) = self
            .shared
            .arrived
            .wait_timeout_while(state, PATIENCE, few)
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        self.arrived(count, !waited.timed_out())
    }

    fn arrived(&self, count: usize, in_time: bool) -> Result<Vec<SinkRequest>, Error> {
        let requests = self.requests();
        match in_time {
            true => Ok(requests),
            false => Err(Error::deadline("requests", requests.len(), count, PATIENCE)),
        }
    }

    /// Checks again whenever a request arrives, until there are enough.
    pub(crate) async fn wait_until<T>(
        &self,
        what: &'static str,
        count: usize,
        look: impl Fn() -> T,
        number: impl Fn(&T) -> usize,
    ) -> Result<T, Error> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut arrived = self.shared.count.subscribe();
        loop {
            arrived.mark_unchanged();
            let found = look();
            if number(&found) >= count {
                return Ok(found);
            }
            if tokio::time::timeout_at(deadline, arrived.changed())
                .await
                .is_err()
            {
                return Err(Error::deadline(what, number(&found), count, PATIENCE));
            }
        }
    }

    /// Stops at once, as a crash does: open connections are closed and new ones refused when this returns. The recorded
    /// requests and the script remain.
    pub async fn stop(&self) {
        let listening = lock(&self.listening).take();
        if let Some(listening) = listening {
            listening.stop(Stop::Abort).await;
            *lock(&self.kept) = keep(self.port);
        }
    }

    /// Listens again on the same port; stops first if the sink is still running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) when another process took the port, which is reserved while the sink
    /// is stopped if the system allows it.
    pub async fn restart(&self) -> Result<(), Error> {
        self.stop().await;
        let listening = match self.driver {
            Driver::Here => Listening::here(self.port, router(&self.shared)).await?,
            Driver::Thread => Listening::on_thread(self.port, router(&self.shared))?,
        };
        *lock(&self.listening) = Some(listening);
        lock(&self.kept).take();
        Ok(())
    }
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            count: watch::Sender::new(0),
        })
    }

    /// Stores the request and takes the next answer in one step, so that the script applies to requests in order.
    fn record(&self, request: SinkRequest) -> SinkAnswer {
        let mut state = lock(&self.state);
        let scripted = state.script.pop_front();
        let answer = scripted
            .or_else(|| state.otherwise.clone())
            .unwrap_or_else(|| SinkAnswer::accepting(&request));
        state.requests.push(request);
        self.count.send_replace(state.requests.len());
        self.arrived.notify_all();
        answer
    }
}

fn router(shared: &Arc<Shared>) -> impl FnOnce(Signal) -> Router + use<> {
    let shared = Arc::clone(shared);
    |signal| Router::new().fallback(move |request| receive(request, shared, signal))
}

async fn receive(request: Request<Body>, shared: Arc<Shared>, signal: Signal) -> Response {
    match SinkRequest::read(request).await {
        Some(request) => shared.record(request).into_response(signal).await,
        // The client disconnected in the middle of its body and cannot be answered.
        None => Response::new(Body::empty()),
    }
}
