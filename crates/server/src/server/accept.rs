//! A custom accept loop, because a listener must bound its connections and the time for a request's head.

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

/// The maximum number of simultaneous connections.
const CONNECTIONS: usize = 256;
/// The timeout for a request's head, and therefore for an idle connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum bytes of a request's head.
const HEAD_BYTES: usize = 16 << 10;
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
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEAD_BYTES);
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
        // Answers are small; waiting to fill a packet only delays them.
        drop(socket.set_nodelay(true));
        let service = TowerToHyperService::new(router.clone());
        let connection =
            connections.watch(http.serve_connection(TokioIo::new(Paced::new(socket)), service));
        tokio::task::spawn(async move {
            // A client that disconnects mid-request is not an error.
            drop(connection.await);
            drop(permit);
        });
    }
    drop(listener);
    drop(tokio::time::timeout(SHUTDOWN_GRACE, connections.shutdown()).await);
}
