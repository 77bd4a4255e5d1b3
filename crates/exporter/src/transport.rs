//! One request, one answer: bounded in time and in bytes, without redirects.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use reqwest::header::{CONTENT_ENCODING, HeaderValue};
use reqwest::{Client, ClientBuilder};

use crate::destination::Destination;
use crate::error::{Error, ErrorKind};
use crate::exchange::{Answer, Framing, Request};
use crate::proxy::ProxyRoute;
use crate::reason;

/// The most bytes read of an answer. Source: the OTLP specification's limit.
const ANSWER_BYTES: usize = 4 << 20;
/// Smaller bodies are sent uncompressed.
const COMPRESS_FROM: usize = 1 << 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than servers keep idle connections, so that a reused connection is still open.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// The HTTP client of one destination.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    client: Client,
    way: ProxyRoute,
    destination: Arc<Destination>,
}

impl Transport {
    pub(crate) fn new(destination: &Destination) -> Result<Self, Error> {
        let destination = Arc::new(destination.clone());
        let way = ProxyRoute::to(&destination);
        Ok(Self {
            client: client(&destination, way)?,
            way,
            destination,
        })
    }

    /// Drops all connections: a connection that does not answer may never answer again, and over HTTP/2 the next
    /// request would still use it.
    pub(crate) fn renew(&mut self) {
        if let Ok(client) = client(&self.destination, self.way) {
            self.client = client;
        }
    }

    /// Returns whether a TLS server answered a request without TLS: it has not read the records.
    pub(crate) fn wants_tls(&self, answer: &Answer) -> bool {
        self.destination.is_plain() && answer.is_about_tls()
    }

    /// Returns why no complete answer came, in words that show no address.
    pub(crate) fn reason(&self, error: &reqwest::Error) -> &'static str {
        self.destination.why(error)
    }

    /// Sends a request; an error means that no complete answer came, and that the request's outcome is unknown.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, reqwest::Error> {
        let Request {
            url,
            mut headers,
            body,
            carrier,
        } = request;
        let compressed = (self.destination.compresses() && body.len() >= COMPRESS_FROM)
            .then(|| gzip(&body))
            .flatten();
        let is_compressed = compressed.is_some();
        let body = compressed.unwrap_or(body);
        let body = match carrier {
            Framing::Http => {
                if is_compressed {
                    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
                body
            }
            Framing::Grpc => {
                if is_compressed {
                    headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
                }
                grpc_message(is_compressed, &body)
            }
        };
        let response = self
            .client
            .post(url)
            .headers(headers)
            .body(body)
            .send()
            .await?;
        let (head, mut body) = http::Response::<reqwest::Body>::from(response).into_parts();
        let mut headers = head.headers;
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            match frame?.into_data() {
                Ok(data) => {
                    let room = ANSWER_BYTES - read.len();
                    read.put_slice(data.get(..room).unwrap_or(&data));
                    if read.len() >= ANSWER_BYTES {
                        break;
                    }
                }
                Err(frame) => headers.extend(frame.into_trailers().unwrap_or_default()),
            }
        }
        Ok(Answer {
            status: head.status.as_u16(),
            headers,
            body: read.freeze(),
        })
    }
}

impl Destination {
    /// Returns a client builder for requests other than spans to this address, and the timeout of one request. The
    /// client uses the certificates and the proxy of this destination.
    #[doc(hidden)] // for the facade's metrics and events
    pub fn http_client(&self) -> (ClientBuilder, Duration) {
        (builder(self, ProxyRoute::to(self)), self.request_timeout())
    }

    /// Returns why a request to this destination got no answer, in words that show no address.
    #[doc(hidden)] // for the doctor
    #[must_use]
    pub fn why(&self, error: &reqwest::Error) -> &'static str {
        reason::of(error, self.is_plain())
    }

    fn request_timeout(&self) -> Duration {
        self.timeout().unwrap_or(self.limits().request_timeout)
    }
}

fn client(destination: &Destination, way: ProxyRoute) -> Result<Client, Error> {
    builder(destination, way).build().map_err(|error| {
        Error::new(
            ErrorKind::Start,
            "cannot start the exporter: no HTTP client".to_owned(),
        )
        .with_source(error)
    })
}

fn builder(destination: &Destination, way: ProxyRoute) -> ClientBuilder {
    let mut builder = Client::builder()
        .timeout(destination.request_timeout())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        // A redirect could carry the key to another origin.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("spanloom/", env!("CARGO_PKG_VERSION")));
    if way == ProxyRoute::Direct {
        builder = builder.no_proxy();
    }
    #[cfg(feature = "otlp")]
    if destination.carrier() == Framing::Grpc {
        builder = builder.http2_prior_knowledge();
    }
    // Reading the system's certificates takes tens of milliseconds, and no client certificate is used here.
    if destination.is_plain() && way != ProxyRoute::AsNamedOverTls {
        builder = builder.tls_certs_only([]);
    } else if let Some(certificates) = destination.root_certificates() {
        builder = builder.tls_certs_merge(certificates.iter().cloned());
    }
    if let Some(identity) = destination.identity() {
        builder = builder.identity(identity.clone());
    }
    builder
}

/// Compresses at level 1: six microseconds for a span of 3 KB, where the default level takes 46.
fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Frames a message. Source: gRPC over HTTP/2, `Length-Prefixed-Message`.
fn grpc_message(is_compressed: bool, message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(5 + message.len());
    framed.put_u8(u8::from(is_compressed));
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}
