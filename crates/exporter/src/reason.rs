//! Why a request got no complete answer, in our own words that the operator of the service can act on.
//!
//! The underlying libraries expose most causes only in the text of their errors: HTTP/2 keeps nothing else of an error,
//! and some types are private. Those texts are searched and never shown, as they may contain an address with a key. If
//! another version changes a text, the exact message is lost, not the general one; `tests/it` checks each row against a
//! server that causes it.

use std::error::Error;
use std::io;

const AUTHORITY: &str = "the server's certificate is not signed by a trusted authority: name the PEM file of its authority \
    in SSL_CERT_FILE, for a collector in OTEL_EXPORTER_OTLP_CERTIFICATE, or call with_root_certificates";
const CLIENT: &str = "the server refuses the client certificate: check that it is signed by an authority the server trusts, and is still valid";
/// A server that expects TLS answered in plain text.
pub(crate) const WANTS_TLS: &str = "the server speaks TLS: the address must begin with https://";
/// A proxy on the way demands authentication.
pub(crate) const PROXY: &str = "the proxy requires different credentials: set them in HTTPS_PROXY or HTTP_PROXY, as in http://user:password@host:port";
/// The host name does not resolve.
pub(crate) const DNS: &str =
    "the host name cannot be resolved: check it, and whether a proxy (HTTPS_PROXY) is required";

/// A part of an error's text, and its meaning. The first match counts.
const ROWS: [(&str, &str); 18] = [
    (
        "not valid for name",
        "the server's certificate is for another host name: use the name it was issued for",
    ),
    (
        "certificate expired",
        "the server's certificate has expired: renew it, or set the clock of this machine",
    ),
    (
        "not valid yet",
        "the server's certificate is not valid yet: set the clock of this machine, or wait",
    ),
    ("UnknownIssuer", AUTHORITY),
    // A different authority with the same name is trusted.
    ("BadSignature", AUTHORITY),
    (
        "invalid peer certificate",
        "the server's certificate cannot be trusted: it is revoked or malformed",
    ),
    (
        "alert: CertificateRequired",
        "the server demands a client certificate: set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY, or call with_identity",
    ),
    ("alert: BadCertificate", CLIENT),
    ("alert: Certificate", CLIENT),
    ("alert: UnknownCA", CLIENT),
    ("alert: DecryptError", CLIENT),
    ("alert: AccessDenied", CLIENT),
    (
        "alert: NoApplicationProtocol",
        "the server does not support this protocol: check that the address is for OTLP over HTTP, not gRPC",
    ),
    (
        "fatal alert",
        "the server ended the TLS handshake: it supports no TLS version or cipher of this client",
    ),
    (
        "corrupt message",
        "the server does not speak TLS: should the address begin with http://?",
    ),
    ("proxy authorization required", PROXY),
    (
        "tunnel error",
        "the proxy cannot connect to the destination: should the destination be in NO_PROXY?",
    ),
    ("dns error", DNS),
];

/// Returns the reason for an error; `is_plain` is true for a request without TLS.
pub(crate) fn of(error: &reqwest::Error, is_plain: bool) -> &'static str {
    if error.is_timeout() {
        return "no complete answer in time: check that a server listens at the address, and whether it needs longer";
    }
    let mut causes = causes(error);
    let refused = |kind: io::ErrorKind| kind == io::ErrorKind::ConnectionRefused;
    if causes.clone().filter_map(kind).any(refused) {
        return "the connection was refused: nothing listens at the address";
    }
    let row = |cause: &(dyn Error + 'static)| {
        let text = cause.to_string();
        let found = ROWS.iter().find(|(held, _)| text.contains(held));
        found.map(|(_, words)| *words)
    };
    match causes.find_map(row) {
        Some(words) => words,
        None if error.is_connect() => "no connection could be made",
        None if is_plain => {
            "the connection ended before a complete answer: if the server speaks TLS, the address must begin with https://; if it speaks gRPC, set OTEL_EXPORTER_OTLP_PROTOCOL=grpc"
        }
        // Servers may close before the alert is sent, or before it is read.
        None => {
            "the connection ended before a complete answer: if the server demands a client certificate, it received none that it trusts (set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY, or call with_identity)"
        }
    }
}

/// Returns whether no connection could be made. A connection that TLS or a proxy then refused does not count.
pub(crate) fn is_unreachable(error: &reqwest::Error) -> bool {
    let unreachable = |kind: io::ErrorKind| {
        matches!(
            kind,
            io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::NetworkDown
                | io::ErrorKind::AddrNotAvailable
        )
    };
    error.is_connect() && causes(error).filter_map(kind).any(unreachable)
}

/// Returns the causes of an error, without the error itself: its text contains the address.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> + Clone {
    std::iter::successors(error.source(), |cause| (*cause).source())
}

fn kind(cause: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    cause.downcast_ref::<io::Error>().map(io::Error::kind)
}
