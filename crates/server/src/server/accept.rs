//! A custom accept loop, because a listener must bound its connections and the time for a request's head. HTTP/2, which
//! gRPC needs, is recognized by its preface.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::paced::Paced;

/// The maximum number of simultaneous connections.
const CONNECTIONS: usize = 256;
/// The timeout for a request's head, and therefore for an idle connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum bytes of a request's head.
const HEAD_BYTES: u32 = 16 << 10;
/// The beginning of an HTTP/2 connection; no method of HTTP/1.1 begins this way.
const PREFACE: &[u8] = b"PRI ";
/// The delay between looks at a preface that has not arrived in full.
const PREFACE_DELAY: Duration = Duration::from_millis(5);
/// The maximum number of simultaneous requests on an HTTP/2 connection.
const STREAMS: u32 = 32;
/// The time after which an idle HTTP/2 connection is asked whether its client is there.
const PING: Duration = Duration::from_secs(20);
/// The delay between attempts when connections cannot be accepted.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);
/// The time that requests in progress get when the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Accepts the next connection once the limit permits another.
async fn next(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(free).acquire_owned().await;
    let permit = permit.map_err(io::Error::other)?;
    Ok((listener.accept().await?.0, permit))
}

/// Serves connections until the sender of `stopped` is dropped.
pub(super) async fn accept(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<()>,
) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = GracefulShutdown::new();
    let protocols = Protocols::new();
    loop {
        // Stopping must work even while all connections are taken: clients may hold them for long.
        let accepted = tokio::select! {
            accepted = next(&listener, &free) => accepted,
            _ = stopped.changed() => break,
        };
        let Ok((socket, permit)) = accepted else {
            // The process is most likely out of file handles: some will be closed.
            tokio::time::sleep(ACCEPT_BACKOFF).await;
            continue;
        };
        let served = protocols
            .clone()
            .serve(socket, router.clone(), connections.watcher());
        tokio::task::spawn(async move {
            served.await;
            drop(permit);
        });
    }
    drop(listener);
    drop(tokio::time::timeout(SHUTDOWN_GRACE, connections.shutdown()).await);
}

/// The protocols of a listener, with their bounds.
#[derive(Clone)]
struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Protocols {
    fn new() -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX));
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEAD_BYTES)
            .keep_alive_interval(PING)
            .keep_alive_timeout(HEADER_TIMEOUT);
        Self { http1, http2 }
    }

    async fn serve(self, socket: TcpStream, router: Router, watcher: Watcher) {
        let protocol = tokio::time::timeout(HEADER_TIMEOUT, speaks_http2(&socket)).await;
        let Ok(Ok(is_http2)) = protocol else { return };
        // Answers are small; waiting to fill a packet only delays them.
        drop(socket.set_nodelay(true));
        let service = TowerToHyperService::new(router);
        let socket = TokioIo::new(Paced::new(socket));
        // A client that disconnects mid-request is not an error.
        match is_http2 {
            true => drop(
                watcher
                    .watch(self.http2.serve_connection(socket, service))
                    .await,
            ),
            false => drop(
                watcher
                    .watch(self.http1.serve_connection(socket, service))
                    .await,
            ),
        }
    }
}

/// Looks at the first bytes of a connection without taking them.
async fn speaks_http2(socket: &TcpStream) -> io::Result<bool> {
    let mut start = [0; PREFACE.len()];
    loop {
        let seen = socket.peek(&mut start).await?;
        let seen = start.get(..seen).unwrap_or_default();
        if seen.is_empty() || !PREFACE.starts_with(seen) {
            return Ok(false);
        }
        if seen == PREFACE {
            return Ok(true);
        }
        tokio::time::sleep(PREFACE_DELAY).await;
    }
}
