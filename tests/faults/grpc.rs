//! A collector that speaks gRPC and keeps what it receives.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use crate::subject::count_spans;

/// The path of the only method.
const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

pub(crate) struct GrpcSink {
    pub(crate) address: SocketAddr,
    bodies: Arc<Mutex<Vec<Bytes>>>,
}

impl GrpcSink {
    /// Starts a collector on a separate thread, until the test's process ends.
    pub(crate) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let bodies = Arc::<Mutex<Vec<Bytes>>>::default();
        let kept = Arc::clone(&bodies);
        std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build().unwrap().block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let kept = Arc::clone(&kept);
                    let service = service_fn(move |request| export(request, Arc::clone(&kept)));
                    let server = http2::Builder::new(TokioExecutor::new());
                    tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
                }
            });
        });
        Self { address, bodies }
    }

    /// Returns how often each span arrived.
    pub(crate) fn arrived(&self) -> HashMap<String, u32> {
        let mut found = HashMap::new();
        for body in self.bodies.lock().unwrap().iter() {
            count_spans(body.slice(5..), &mut found);
        }
        found
    }
}

type Answer =
    StreamBody<futures_util::stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>>>;

async fn export(
    request: Request<Incoming>,
    kept: Arc<Mutex<Vec<Bytes>>>,
) -> Result<Response<Answer>, hyper::Error> {
    assert_eq!(request.uri().path(), EXPORT);
    let header = |name: &str| request.headers().get(name).cloned().unwrap();
    assert_eq!(
        (header("content-type"), header("te")),
        (
            "application/grpc".parse().unwrap(),
            "trailers".parse().unwrap()
        )
    );
    let body = request.into_body().collect().await?.to_bytes();
    kept.lock().unwrap().push(body);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    // An empty message, not compressed.
    let frames = vec![
        Ok(Frame::data(Bytes::from_static(&[0; 5]))),
        Ok(Frame::trailers(trailers)),
    ];
    let mut response = Response::new(StreamBody::new(futures_util::stream::iter(frames)));
    response
        .headers_mut()
        .insert("content-type", "application/grpc".parse().unwrap());
    Ok(response)
}
