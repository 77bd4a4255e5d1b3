//! The accept loop of both servers: loopback only, HTTP/1.1, with a graceful and an abrupt stop.
//!
//! It replaces `axum::serve` because a sink must be able to vanish together with its connections, as a crashed server
//! does, and because a fault must be able to close a connection without an answer.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::Error;

/// Whether and how a server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The server keeps running.
    Running,
    /// The server accepts no more connections and finishes the answers in progress.
    Graceful,
    /// The server closes every connection at once.
    Abort,
}

/// Notifies handlers that wait forever when their server stops.
#[derive(Clone, Debug)]
pub(crate) struct Signal(watch::Receiver<Stop>);

impl Signal {
    /// Resolves when the server is to stop, or when its last handle is dropped.
    pub(crate) async fn requested(&mut self) -> Stop {
        self.0
            .wait_for(|stop| *stop != Stop::Running)
            .await
            .map_or(Stop::Graceful, |stop| *stop)
    }
}

/// A running accept loop. Dropping it stops the loop gracefully, without waiting.
#[derive(Debug)]
pub(crate) struct Listening {
    address: SocketAddr,
    stop: watch::Sender<Stop>,
    stopped: oneshot::Receiver<()>,
}

impl Listening {
    /// Runs the loop on the caller's tokio runtime.
    pub(crate) async fn here(
        port: u16,
        router: impl FnOnce(Signal) -> Router,
    ) -> Result<Self, Error> {
        // Binding and spawning panic outside a runtime.
        Handle::try_current().map_err(|missing| Error::runtime(io::Error::other(missing)))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|e| Error::bind(port, e))?;
        let address = listener.local_addr().map_err(|e| Error::bind(port, e))?;
        let (listening, job) = Self::prepare(address, router);
        tokio::spawn(job.run(listener));
        Ok(listening)
    }

    /// Runs the loop on a separate thread, for callers without a runtime.
    pub(crate) fn on_thread(
        port: u16,
        router: impl FnOnce(Signal) -> Router,
    ) -> Result<Self, Error> {
        let listener =
            StdListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|e| Error::bind(port, e))?;
        listener
            .set_nonblocking(true)
            .map_err(|e| Error::bind(port, e))?;
        let address = listener.local_addr().map_err(|e| Error::bind(port, e))?;
        let (listening, job) = Self::prepare(address, router);
        let (ready, readiness) = mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("spanloom-testkit".to_owned())
            .spawn(move || run_thread(listener, job, &ready))
            .map_err(Error::runtime)?;
        readiness
            .recv()
            .unwrap_or_else(|gone| Err(io::Error::other(gone)))
            .map_err(Error::runtime)?;
        Ok(listening)
    }

    fn prepare(address: SocketAddr, router: impl FnOnce(Signal) -> Router) -> (Self, Job) {
        let (stop, receiver) = watch::channel(Stop::Running);
        let (done, stopped) = oneshot::channel();
        let signal = Signal(receiver);
        let job = Job {
            router: router(signal.clone()),
            signal,
            done,
        };
        (
            Self {
                address,
                stop,
                stopped,
            },
            job,
        )
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the loop, and resolves when the port is free and the last connection has ended.
    pub(crate) async fn stop(self, how: Stop) {
        self.stop.send_replace(how);
        // An error means that the loop's runtime is gone, and the loop with it.
        self.stopped.await.ok();
    }
}

/// Reserves the port of a stopped server: connections are refused, and no other program can take the port. `None` if
/// another program was faster.
pub(crate) fn keep(port: u16) -> Option<TcpSocket> {
    let socket = TcpSocket::new_v4().ok()?;
    // Listeners set the same option, so this socket does not block the next one.
    socket.set_reuseaddr(true).ok()?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into()).ok()?;
    Some(socket)
}

fn run_thread(listener: StdListener, job: Job, ready: &mpsc::SyncSender<io::Result<()>>) {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return ready.send(Err(error)).unwrap_or_default(),
    };
    runtime.block_on(async move {
        match TcpListener::from_std(listener) {
            Ok(listener) => {
                ready.send(Ok(())).ok();
                job.run(listener).await;
            }
            Err(error) => ready.send(Err(error)).unwrap_or_default(),
        }
    });
}

struct Job {
    router: Router,
    signal: Signal,
    done: oneshot::Sender<()>,
}

impl Job {
    async fn run(mut self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let stop = loop {
            tokio::select! {
                stop = self.signal.requested() => break stop,
                // Finished tasks would accumulate during a long load test.
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => drop(connections.spawn(connection(stream, self.router.clone(), self.signal.clone()))),
                    // Most likely out of file descriptors: some will be free a moment later.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                },
            }
        };
        drop(listener);
        if stop == Stop::Abort {
            connections.abort_all();
        }
        while connections.join_next().await.is_some() {}
        self.done.send(()).ok();
    }
}

async fn connection(stream: TcpStream, router: Router, mut signal: Signal) {
    // Small chunks of a stream must be sent at once; without this they wait for the client's acknowledgement.
    stream.set_nodelay(true).ok();
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let answer = router.call(request);
        async move { answer.await.map_or_else(never, refuse_if_marked) }
    });
    let mut connection =
        pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    // A disconnected client is not an error: there is nothing to report in either case.
    tokio::select! {
        ended = connection.as_mut() => drop(ended),
        _ = signal.requested() => {
            connection.as_mut().graceful_shutdown();
            drop(connection.await);
        }
    }
}

/// A response extension: close the connection instead of sending the response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disconnect;

impl Disconnect {
    /// Returns the response that closes the connection.
    pub(crate) fn response() -> http::Response<Body> {
        let mut response = http::Response::new(Body::empty());
        response.extensions_mut().insert(Self);
        response
    }
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection closed on purpose")
    }
}

impl std::error::Error for Disconnect {}

type Answered = Result<http::Response<Body>, Disconnect>;

fn refuse_if_marked(response: http::Response<Body>) -> Answered {
    match response.extensions().get::<Disconnect>() {
        Some(mark) => Err(*mark),
        None => Ok(response),
    }
}

fn never(error: Infallible) -> Answered {
    match error {}
}
