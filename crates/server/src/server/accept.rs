//! The accept loop. Our own, because a listener must bound its connections and the time a request's head may take.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::paced::Paced;

/// Connections at once.
const CONNECTIONS: usize = 256;
/// Time for a request's head, and so for an idle connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 16 << 10;
/// Time between attempts when connections cannot be accepted.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);
/// Time for requests under way when the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// The next connection, once there may be one more.
async fn next(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(free).acquire_owned().await;
    let permit = permit.map_err(io::Error::other)?;
    Ok((listener.accept().await?.0, permit))
}

/// Serves connections until the other end of `stopped` is dropped.
pub(super) async fn accept(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<()>,
) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEAD_BYTES);
    loop {
        // Also while all connections are taken: they may be held for long.
        let accepted = tokio::select! {
            accepted = next(&listener, &free) => accepted,
            _ = stopped.changed() => break,
        };
        let Ok((socket, permit)) = accepted else {
            // Out of file handles, most likely: some will be closed.
            tokio::time::sleep(ACCEPT_BACKOFF).await;
            continue;
        };
        // Answers are small; waiting to fill a packet only delays them.
        drop(socket.set_nodelay(true));
        let service = TowerToHyperService::new(router.clone());
        let connection =
            connections.watch(http.serve_connection(TokioIo::new(Paced::new(socket)), service));
        tokio::task::spawn(async move {
            // A client that goes away mid-request is its own affair.
            drop(connection.await);
            drop(permit);
        });
    }
    drop(listener);
    drop(tokio::time::timeout(SHUTDOWN_GRACE, connections.shutdown()).await);
}
