//! The protocols over HTTP, and for each a server without TLS that counts the requests it accepted.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use spanloom_exporter::Destination;
use spanloom_testkit::Sink;

use crate::serve::serve;

/// One of the protocols over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Wandb,
    Otlp,
    Grpc,
}

impl Spoken {
    pub(crate) const ALL: [Self; 3] = [Self::Wandb, Self::Otlp, Self::Grpc];

    /// The ALPN name of the protocol that its server speaks.
    pub(crate) const fn inside(self) -> &'static str {
        match self {
            Self::Wandb | Self::Otlp => "http/1.1",
            Self::Grpc => "h2",
        }
    }

    pub(crate) fn to(self, url: &str) -> Destination {
        let destination = match self {
            Self::Wandb => Destination::wandb(url),
            Self::Otlp => Destination::otlp_http(url),
            Self::Grpc => Destination::otlp_grpc(url),
        };
        destination.unwrap()
    }
}

pub(crate) enum Upstream {
    Http(Sink),
    Grpc {
        address: SocketAddr,
        requests: Arc<AtomicUsize>,
    },
}

impl Upstream {
    pub(crate) fn new(spoken: Spoken) -> Self {
        match spoken {
            Spoken::Wandb | Spoken::Otlp => Self::Http(Sink::start_on_thread().unwrap()),
            Spoken::Grpc => grpc(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Http(sink) => sink.address(),
            Self::Grpc { address, .. } => *address,
        }
    }

    pub(crate) fn requests(&self) -> usize {
        match self {
            Self::Http(sink) => sink.requests().len(),
            Self::Grpc { requests, .. } => requests.load(Ordering::SeqCst),
        }
    }
}

fn grpc() -> Upstream {
    let requests = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&requests);
    let address = serve(async move |listener: tokio::net::TcpListener| {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            let service = service_fn(move |request| export(request, Arc::clone(&counted)));
            let server = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
        }
    });
    Upstream::Grpc { address, requests }
}

async fn export(
    request: http::Request<Incoming>,
    counted: Arc<AtomicUsize>,
) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>>, hyper::Error> {
    let _message = request.into_body().collect().await?;
    counted.fetch_add(1, Ordering::SeqCst);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    // An empty message, not compressed.
    let body = Full::new(Bytes::from_static(&[0; 5]));
    Ok(Response::new(
        body.with_trailers(async { Some(Ok(trailers)) }),
    ))
}
