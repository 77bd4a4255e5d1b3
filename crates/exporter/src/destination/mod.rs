//! Where records are sent.
//!
//! | file | what |
//! |---|---|
//! | `address` | a server's address, or a file |
//! | `kind` | what is spoken there |
//! | `settings` | key, headers, content, limits, certificates, lines of a file |

mod address;
mod kind;
mod settings;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Certificate, Identity, Url};

use crate::content::DestinationContent;
use crate::error::Error;
use crate::exchange::Framing;
use crate::limits::Limits;
pub(crate) use address::Place;
use address::address;
pub(crate) use kind::Kind;

/// A place for records: its address, its key, and what it is given. Its `Debug` and `Display` never show a key.
///
/// Each destination of an exporter has its own queue, pauses, spool, content and [`Limits`].
#[derive(Clone)]
pub struct Destination {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    pub(crate) headers: HeaderMap,
    pub(crate) content: DestinationContent,
    limits: Limits,
    timeout: Option<Duration>,
    compression: Option<bool>,
    root_certificates: Vec<Certificate>,
    identity: Option<Identity>,
    pub(crate) rotation: (u64, u32),
}

impl Destination {
    /// W&B's hosted service.
    pub const WANDB: &str = "https://trace.wandb.ai";

    /// A spanloom server, such as `http://127.0.0.1:7440`.
    ///
    /// # Errors
    /// When it is no `http` or `https` address, or carries user information, which would end up in logs.
    pub fn spanloom(base: &str) -> Result<Self, Error> {
        Self::server(Kind::Spanloom, base)
    }

    /// W&B Weave, native calls: the form its pages show best. `base` is [`Destination::WANDB`] or `<private>/traces`.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    pub fn wandb(base: &str) -> Result<Self, Error> {
        Self::server(Kind::Wandb, base)
    }

    /// W&B Weave over OTLP, into its traces. Spans are changed to what its mapping reads.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn wandb_otlp(base: &str) -> Result<Self, Error> {
        Self::server(Kind::WandbOtlp, base)
    }

    /// W&B Weave over OTLP, into its agents view.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn wandb_agents(base: &str) -> Result<Self, Error> {
        Self::server(Kind::WandbAgents, base)
    }

    /// An OTLP collector over HTTP (protobuf), at its base address such as `http://127.0.0.1:4318`: `/v1/traces` is added, as
    /// to `OTEL_EXPORTER_OTLP_ENDPOINT`.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn otlp_http(base: &str) -> Result<Self, Error> {
        Self::server(Kind::OtlpHttp, base)
    }

    /// The same at the very address of its traces, as `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names it.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn otlp_http_at(endpoint: &str) -> Result<Self, Error> {
        Self::server(Kind::OtlpHttpAt, endpoint)
    }

    /// An OTLP collector over gRPC, such as `http://127.0.0.1:4317`. Requests have 3 MiB at most by default, as receivers of
    /// gRPC refuse more than 4 MiB unless told otherwise.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn otlp_grpc(base: &str) -> Result<Self, Error> {
        let mut destination = Self::server(Kind::OtlpGrpc, base)?;
        destination.limits.batch_bytes = 3 << 20;
        Ok(destination)
    }

    /// A file of JSON lines, made when it is not there, for its owner alone (0600). One process may write to it.
    #[must_use]
    pub fn json_lines(path: impl Into<PathBuf>) -> Self {
        Self::of(Kind::JsonLines, Place::File(path.into()))
    }

    fn server(kind: Kind, text: &str) -> Result<Self, Error> {
        Ok(Self::of(kind, Place::Server(address(text)?)))
    }

    fn of(kind: Kind, place: Place) -> Self {
        Self {
            kind,
            place,
            headers: HeaderMap::new(),
            content: DestinationContent::Whole,
            limits: Limits::default(),
            timeout: None,
            compression: None,
            root_certificates: Vec::new(),
            identity: None,
            rotation: (64 << 20, 4),
        }
    }

    /// Host, and port where it is not the scheme's own; empty for a file.
    #[must_use]
    pub fn host(&self) -> String {
        self.place.host()
    }

    /// Its address without a query, which may hold a key; the path of a file.
    #[must_use]
    pub fn address(&self) -> String {
        self.description()
            .map_or_else(|| self.to_string(), |description| description.url)
    }

    /// Whether records for one are records for the other: the same address, spoken to in the same way.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.spool_name() == other.spool_name()
    }

    /// Gives a request the headers the destination is sent, its key among them: for programs that ask it what it got. The
    /// request must be for its address.
    pub fn authorize(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.headers(self.headers.clone())
    }

    /// Whether its requests carry a key, by the names of their headers.
    pub(crate) fn has_key(&self) -> bool {
        let is_key = |name: &HeaderName| {
            ["auth", "key", "token"]
                .iter()
                .any(|word| name.as_str().contains(word))
        };
        self.headers.keys().any(is_key)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn url(&self) -> Option<&Url> {
        match &self.place {
            Place::Server(url) => Some(url),
            Place::File(_) => None,
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Whether it is a server on this machine, by the name or the address it is given: `localhost`, 127.0.0.0/8 or `::1`. No
    /// name is looked up.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.place.is_loopback()
    }

    /// Whether it is spoken to without TLS.
    pub(crate) fn is_plain(&self) -> bool {
        self.url().is_some_and(|url| url.scheme() == "http")
    }

    pub(crate) fn carrier(&self) -> Framing {
        match self.kind {
            Kind::OtlpGrpc => Framing::Grpc,
            _ => Framing::Http,
        }
    }

    pub(crate) fn root_certificates(&self) -> Option<&[Certificate]> {
        let found = self.root_certificates.as_slice();
        (!found.is_empty()).then_some(found)
    }

    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    pub(crate) fn compresses(&self) -> bool {
        self.compression
            .unwrap_or_else(|| self.kind != Kind::Wandb && !self.is_loopback())
    }
}

impl fmt::Display for Destination {
    /// Scheme and host, or the file's path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("kind", &self.kind)
            .field("place", &self.to_string())
            // Their values are marked as sensitive.
            .field("headers", &self.headers)
            .field("content", &self.content)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_never_shown() {
        let destination = Destination::wandb("https://trace.wandb.ai")
            .unwrap()
            .with_api_key("secret")
            .with_header("x-token", "secret")
            .unwrap();
        let shown = format!("{destination:?} {destination}");
        assert!(
            !shown.contains("secret") && !shown.contains("YXBpOnNlY3JldA"),
            "{shown}"
        );
        let error = destination.with_header("x y", "secret").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn only_what_goes_far_is_compressed() {
        let of = |destination: Result<Destination, Error>| destination.unwrap().compresses();
        assert!(!of(Destination::spanloom("http://127.0.0.1:7440")));
        assert!(!of(Destination::spanloom("http://localhost:7440")));
        assert!(!of(Destination::spanloom("http://[::1]:7440")));
        assert!(of(Destination::spanloom("https://spanloom.example.com")));
        assert!(!of(Destination::wandb(Destination::WANDB)));
    }
}
