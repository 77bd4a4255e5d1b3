//! The server: its listeners and its run loop.

mod accept;
mod builder;
mod paced;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
pub use builder::ServerBuilder;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::error::Error;
use crate::reply::Problem;
use crate::{board, guard, metrics, otlp, reply, weave};

/// A server with bound listeners and an open database that does not answer requests yet.
#[derive(Debug)]
#[must_use = "a server answers nothing until `serve`"]
pub struct Server {
    app: Arc<App>,
    /// Dropped when the server stops.
    stopping: watch::Sender<()>,
    board: Listener,
    otlp: Option<Listener>,
    grpc: Option<Listener>,
}

#[derive(Debug)]
struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Returns a builder for a server on 127.0.0.1:7440, with OTLP also on 127.0.0.1:4318 and 4317, and a
    /// temporary database.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Returns the URL of the board and of all APIs, such as `http://127.0.0.1:7440`.
    #[must_use]
    pub fn url(&self) -> String {
        self.app.url.clone()
    }

    /// Returns the URL of the listener for OTLP only, such as `http://127.0.0.1:4318`.
    #[must_use]
    pub fn otlp_url(&self) -> Option<String> {
        self.app.otlp_url.clone()
    }

    /// Returns the URL of the listener for OTLP over gRPC, such as `http://127.0.0.1:4317`.
    #[must_use]
    pub fn otlp_grpc_url(&self) -> Option<String> {
        self.app.grpc_url.clone()
    }

    /// Answers requests until `stop` resolves; then accepts no more, gives requests in progress 5 seconds, and writes
    /// pending records. If the future is dropped, requests in progress are cut off; acknowledged records are on disk.
    ///
    /// # Errors
    /// None today; reserved for permanent errors of the listeners.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let stopped = &self.app.stopped;
        let all = weave::routes()
            .merge(Router::new().nest("/traces", weave::routes()))
            .merge(otlp::routes())
            .merge(board::routes())
            .merge(metrics::routes());
        let otlp = [self.otlp, self.grpc].into_iter().flatten();
        let listeners = std::iter::once((self.board, all))
            .chain(otlp.map(|listener| (listener, otlp::routes())));
        let running: Vec<_> = listeners
            .map(|(listener, routes)| {
                let router = finish(routes, &self.app, listener.address.port());
                tokio::task::spawn(accept::accept(listener.socket, router, stopped.clone()))
            })
            .collect();
        stop.await;
        drop(self.stopping);
        for listener in running {
            // A listener that panicked has ended as well.
            drop(listener.await);
        }
        let app = self.app;
        drop(tokio::task::spawn_blocking(move || app.store.stop()).await);
        Ok(())
    }
}

/// Adds the layers common to all requests: headers are outermost, so that refusals have them too.
fn finish(routes: Router<Arc<App>>, app: &Arc<App>, port: u16) -> Router {
    routes
        .fallback(board::nothing)
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this path does not support this method",
            )
        })
        .with_state(Arc::clone(app))
        .layer(from_fn_with_state(port, guard::guard))
        .layer(from_fn(reply::headers))
        .layer(from_fn_with_state(Arc::clone(app), metrics::count))
}
