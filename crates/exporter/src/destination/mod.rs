//! Where records are sent.
//!
//! | file | what |
//! |---|---|
//! | `address` | a server's address, or a file |
//! | `kind` | the protocol |
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
use crate::sampling::Sampling;
pub(crate) use address::Address;
use address::address;
pub use kind::DestinationKind;

/// A destination for records: its address, key and settings. `Debug` and `Display` never show a key.
///
/// Each destination of an exporter has its own queue, pauses, spool, content and [`Limits`].
#[derive(Clone)]
pub struct Destination {
    pub(crate) kind: DestinationKind,
    pub(crate) address: Address,
    pub(crate) headers: HeaderMap,
    pub(crate) content: DestinationContent,
    limits: Limits,
    timeout: Option<Duration>,
    compression: Option<bool>,
    root_certificates: Vec<Certificate>,
    identity: Option<Identity>,
    pub(crate) rotation: (u64, u32),
    pub(crate) turns: bool,
    pub(crate) starts: bool,
    pub(crate) sampling: Option<Sampling>,
}

impl Destination {
    /// W&B's hosted service.
    pub const WANDB: &str = "https://trace.wandb.ai";

    /// Creates a destination for a spanloom server, such as `http://127.0.0.1:7440`.
    ///
    /// # Errors
    /// When `base` is not an `http` or `https` address, or has user information, which would end up in logs.
    pub fn spanloom(base: &str) -> Result<Self, Error> {
        Self::server(DestinationKind::Spanloom, base)
    }

    /// Creates a destination for W&B Weave with native calls, the form its pages show best. `base` is
    /// [`Destination::WANDB`] or `<private>/traces`.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    pub fn wandb(base: &str) -> Result<Self, Error> {
        Self::server(DestinationKind::Wandb, base)
    }

    /// Creates a destination for the traces of W&B Weave over OTLP. Spans are changed to the form its mapping reads.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn wandb_otlp(base: &str) -> Result<Self, Error> {
        Self::server(DestinationKind::WandbOtlp, base)
    }

    /// Creates a destination for the agents view of W&B Weave over OTLP.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn wandb_agents(base: &str) -> Result<Self, Error> {
        Self::server(DestinationKind::WandbAgents, base)
    }

    /// Creates a destination for an OTLP collector over HTTP (protobuf). `base` is its base address, such as
    /// `http://127.0.0.1:4318`: `/v1/traces` is added, as to `OTEL_EXPORTER_OTLP_ENDPOINT`.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn otlp_http(base: &str) -> Result<Self, Error> {
        Self::server(DestinationKind::OtlpHttp, base)
    }

    /// Creates a destination for an OTLP collector over HTTP at the exact address of its traces, as in
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn otlp_http_at(endpoint: &str) -> Result<Self, Error> {
        Self::server(DestinationKind::OtlpHttpAt, endpoint)
    }

    /// Creates a destination for an OTLP collector over gRPC, such as `http://127.0.0.1:4317`. By default, requests are
    /// at most 3 MiB, as gRPC receivers refuse more than 4 MiB unless configured otherwise.
    ///
    /// # Errors
    /// See [`Destination::spanloom`].
    #[cfg(feature = "otlp")]
    pub fn otlp_grpc(base: &str) -> Result<Self, Error> {
        let mut destination = Self::server(DestinationKind::OtlpGrpc, base)?;
        destination.limits.batch_bytes = 3 << 20;
        Ok(destination)
    }

    /// Creates a destination for a file of JSON lines, which is created if missing, for its owner alone (0600). Only
    /// one process may write to it.
    #[must_use]
    pub fn json_lines(path: impl Into<PathBuf>) -> Self {
        Self::of(DestinationKind::JsonLines, Address::File(path.into()))
    }

    fn server(kind: DestinationKind, text: &str) -> Result<Self, Error> {
        Ok(Self::of(kind, Address::Server(address(text)?)))
    }

    fn of(kind: DestinationKind, address: Address) -> Self {
        Self {
            kind,
            address,
            headers: HeaderMap::new(),
            content: DestinationContent::Whole,
            limits: Limits::default(),
            timeout: None,
            compression: None,
            root_certificates: Vec::new(),
            identity: None,
            rotation: (64 << 20, 4),
            turns: false,
            starts: false,
            sampling: None,
        }
    }

    /// Returns the host, and the port if it is not the scheme's default; empty for a file.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.host()
    }

    /// Returns the address without a query, which may hold a key; for a file, its path.
    #[must_use]
    pub fn address(&self) -> String {
        self.description()
            .map_or_else(|| self.to_string(), |description| description.url)
    }

    /// Returns whether `other` has the same address and protocol, so that records for one fit both.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.spool_name() == other.spool_name()
    }

    /// Adds the destination's headers, including its key, to a request, for programs that query what it received. The
    /// request must be for its address.
    pub fn authorize(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.headers(self.headers.clone())
    }

    /// Returns whether its requests carry a key, by the names of their headers.
    #[must_use]
    pub fn has_key(&self) -> bool {
        let is_key = |name: &HeaderName| {
            ["auth", "key", "token"]
                .iter()
                .any(|word| name.as_str().contains(word))
        };
        self.headers.keys().any(is_key)
    }

    /// Returns its protocol and the kind of its server.
    #[must_use]
    pub fn kind(&self) -> DestinationKind {
        self.kind
    }

    pub(crate) fn url(&self) -> Option<&Url> {
        match &self.address {
            Address::Server(url) => Some(url),
            Address::File(_) => None,
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Returns whether it is a server on this machine, by its name or address: `localhost`, 127.0.0.0/8 or `::1`. No
    /// name is looked up.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.address.is_loopback()
    }

    /// Returns whether it is reached without TLS.
    pub(crate) fn is_plain(&self) -> bool {
        self.url().is_some_and(|url| url.scheme() == "http")
    }

    pub(crate) fn carrier(&self) -> Framing {
        match self.kind {
            DestinationKind::OtlpGrpc => Framing::Grpc,
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
            .unwrap_or_else(|| self.kind != DestinationKind::Wandb && !self.is_loopback())
    }
}

impl fmt::Display for Destination {
    /// Writes scheme and host, or the file's path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("kind", &self.kind)
            .field("address", &self.to_string())
            // Header values are marked as sensitive.
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
