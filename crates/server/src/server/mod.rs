//! The server: what it binds, and how it runs.

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
use crate::{board, guard, otlp, reply, weave};

/// A server that is bound and has its database open, but does not answer yet.
#[derive(Debug)]
#[must_use = "a server answers nothing until `serve`"]
pub struct Server {
    app: Arc<App>,
    board: Listener,
    otlp: Option<Listener>,
}

#[derive(Debug)]
struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Begins a server on 127.0.0.1:7440, with OTLP on 127.0.0.1:4318 as well, and a temporary database.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Address of the board and of all APIs, such as `http://127.0.0.1:7440`.
    #[must_use]
    pub fn url(&self) -> String {
        self.app.url.clone()
    }

    /// Address of the listener for OTLP alone, such as `http://127.0.0.1:4318`.
    #[must_use]
    pub fn otlp_url(&self) -> Option<String> {
        self.app.otlp_url.clone()
    }

    /// Answers requests until `stop` resolves; then takes no more, gives those under way 5 seconds, and writes what is
    /// waiting. If the future is dropped, requests under way are cut off; what was acknowledged is on disk.
    ///
    /// # Errors
    /// None today; there for errors of the listeners that cannot be waited out.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let (stopping, stopped) = watch::channel(());
        let all = weave::routes()
            .merge(Router::new().nest("/traces", weave::routes()))
            .merge(otlp::routes())
            .merge(board::routes());
        let listeners = std::iter::once((self.board, all))
            .chain(self.otlp.map(|listener| (listener, otlp::routes())));
        let running: Vec<_> = listeners
            .map(|(listener, routes)| {
                let router = finish(routes, &self.app, listener.address.port());
                tokio::task::spawn(accept::accept(listener.socket, router, stopped.clone()))
            })
            .collect();
        drop(stopped);
        stop.await;
        drop(stopping);
        for listener in running {
            // A listener that panicked has ended, which is what is waited for.
            drop(listener.await);
        }
        let app = self.app;
        drop(tokio::task::spawn_blocking(move || app.store.stop()).await);
        Ok(())
    }
}

/// Routes with what every request goes through: headers outermost, so that refusals have them too.
fn finish(routes: Router<Arc<App>>, app: &Arc<App>, port: u16) -> Router {
    routes
        .fallback(|| async { Problem::not_found("there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this path takes another method",
            )
        })
        .with_state(Arc::clone(app))
        .layer(from_fn_with_state(port, guard::guard))
        .layer(from_fn(reply::headers))
}
