//! TLS: trusted and untrusted servers, and what is logged. Nothing goes to an untrusted server, and nothing is lost.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use spanloom_exporter::{Destination, Exporter, Receipt, SpoolSettings};
use spanloom_testkit::{Sink, SinkAnswer, StatusCode};

use crate::authority::{Authority, Signed, Valid};
use crate::front::Front;
use crate::said;
use crate::serve::serve;
use crate::setup::{PATIENCE, call};
use crate::upstream::{Spoken, Upstream};

const HERE: &str = "127.0.0.1";
/// Shorter than the timeout of a connection, and far longer than the request that a test allows.
const LESS: Duration = Duration::from_secs(4);

fn exporter(destination: Destination, spool: &Path) -> Exporter {
    said::listen();
    Exporter::builder("acme/chatbot/logs".parse().unwrap())
        .with_destination(destination)
        .with_spool(SpoolSettings::new(spool))
        .start()
        .unwrap()
}

/// Returns the receipt of one call after one attempt, and the log messages about it.
fn sent(destination: Destination, spool: &Path) -> (Receipt, String) {
    sent_within(PATIENCE, destination, spool)
}

fn sent_within(patience: Duration, destination: Destination, spool: &Path) -> (Receipt, String) {
    let name = destination.to_string();
    let exporter = exporter(destination, spool);
    call(&exporter);
    let receipt = exporter.flush(patience);
    assert!(receipt.is_conserved(), "{receipt}");
    (receipt, said::of(&name).join("\n"))
}

/// Checks that the call is kept and nothing arrived, for this reason.
fn refused(destination: Destination, upstream: &Upstream, why: &str) {
    let spool = tempfile::tempdir().unwrap();
    let (receipt, said) = sent(destination, spool.path());
    assert_eq!(
        (receipt.delivered, receipt.spooled),
        (0, 1),
        "{receipt}\n{said}"
    );
    assert_eq!(upstream.requests(), 0, "{said}");
    assert!(said.contains(why), "{why:?} is not in:\n{said}");
}

fn trusting(spoken: Spoken, url: &str, authority: &Authority) -> Destination {
    let destination = spoken.to(url);
    destination
        .with_root_certificates(authority.pem().as_bytes())
        .unwrap()
}

/// Returns a server of each protocol behind TLS, with this certificate.
fn behind(own: &Signed, clients: Option<&Authority>) -> Vec<(Spoken, Upstream, Front)> {
    let one = |spoken| {
        let upstream = Upstream::new(spoken);
        let front = Front::start(own, clients, spoken.inside(), upstream.address());
        (spoken, upstream, front)
    };
    Spoken::ALL.map(one).into()
}

#[test]
fn an_authority_is_trusted_once_it_is_named() {
    let authority = Authority::new("ours");
    for (spoken, upstream, front) in behind(&authority.sign(HERE, Valid::Now), None) {
        let spool = tempfile::tempdir().unwrap();
        let (receipt, said) = sent(spoken.to(&front.url()), spool.path());
        assert_eq!((receipt.delivered, receipt.spooled), (0, 1), "{receipt}");
        assert_eq!(upstream.requests(), 0);
        let why = "not signed by a trusted authority";
        assert!(
            said.contains(why) && said.contains("OTEL_EXPORTER_OTLP_CERTIFICATE"),
            "{said}"
        );

        // The next start, with the authority, delivers what was kept.
        let (receipt, said) = sent(trusting(spoken, &front.url(), &authority), spool.path());
        let came = (receipt.recovered, receipt.delivered, receipt.spooled);
        assert_eq!(came, (1, 2, 0), "{spoken:?}: {receipt}\n{said}");
        assert!(upstream.requests() > 0);
    }
}

#[test]
fn another_authority_is_none() {
    let authority = Authority::new("ours");
    // The second authority has the same name.
    for other in [Authority::new("another"), Authority::new("ours")] {
        for (spoken, upstream, front) in behind(&authority.sign(HERE, Valid::Now), None) {
            let why = "not signed by a trusted authority";
            refused(trusting(spoken, &front.url(), &other), &upstream, why);
        }
    }
}

#[test]
fn a_certificate_must_be_for_the_host_and_for_today() {
    let authority = Authority::new("ours");
    for (name, valid, why) in [
        ("collector.test", Valid::Now, "is for another host name"),
        (HERE, Valid::Before, "has expired"),
        (HERE, Valid::Later, "is not valid yet"),
    ] {
        for (spoken, upstream, front) in behind(&authority.sign(name, valid), None) {
            refused(trusting(spoken, &front.url(), &authority), &upstream, why);
        }
    }
}

#[test]
fn a_server_that_demands_a_certificate_gets_it() {
    let (authority, clients) = (Authority::new("ours"), Authority::new("clients"));
    let client = clients.sign("service", Valid::Now).pem();
    for (spoken, upstream, front) in behind(&authority.sign(HERE, Valid::Now), Some(&clients)) {
        let known = trusting(spoken, &front.url(), &authority);
        let known = known.with_identity(client.as_bytes()).unwrap();
        let spool = tempfile::tempdir().unwrap();
        let (receipt, said) = sent(known, spool.path());
        assert!(receipt.is_complete(), "{spoken:?}: {receipt}\n{said}");
        assert_eq!(upstream.requests(), 1);
    }
}

#[test]
fn a_server_that_demands_a_certificate_takes_no_other() {
    let (authority, clients) = (Authority::new("ours"), Authority::new("clients"));
    let stranger = authority.sign("service", Valid::Now).pem();
    for (spoken, upstream, front) in behind(&authority.sign(HERE, Valid::Now), Some(&clients)) {
        let nobody = trusting(spoken, &front.url(), &authority);
        refused(nobody.clone(), &upstream, "demands a client certificate");
        // A different server, because the first has used up its one message per minute.
        let own = authority.sign(HERE, Valid::Now);
        let front = Front::start(&own, Some(&clients), spoken.inside(), upstream.address());
        let other = trusting(spoken, &front.url(), &authority);
        let other = other.with_identity(stranger.as_bytes()).unwrap();
        refused(other, &upstream, "refuses the client certificate");
    }
}

#[test]
fn tls_to_a_server_without_is_an_error_at_once() {
    for spoken in Spoken::ALL {
        let upstream = Upstream::new(spoken);
        let url = format!("https://{}", upstream.address());
        refused(spoken.to(&url), &upstream, "does not speak TLS");
    }
}

#[test]
fn plain_text_to_a_server_with_tls_is_an_error_at_once() {
    let authority = Authority::new("ours");
    for (spoken, upstream, front) in behind(&authority.sign(HERE, Valid::Now), None) {
        let url = format!("http://{}", front.address);
        refused(spoken.to(&url), &upstream, "begin with https://");
    }
}

/// Tests servers with TLS that answer plain-text clients.
#[test]
fn a_server_that_asks_for_tls_has_refused_nothing() {
    let bare = |body: &'static str| SinkAnswer::status(StatusCode::BAD_REQUEST).with_body(body);
    let answer = |kind: &'static str, body: &'static str| {
        bare(body).with_header(CONTENT_TYPE, HeaderValue::from_static(kind))
    };
    for asks in [
        // The text of Go's server, and so of collectors, which send no content type.
        bare("Client sent an HTTP request to an HTTPS server.\n"),
        // The page of nginx and Apache, shortened.
        answer(
            "text/html",
            "<h1>400</h1>The plain HTTP request was sent to HTTPS port",
        ),
        answer(
            "text/html; charset=iso-8859-1",
            "<p>Instead use the HTTPS scheme to access this URL, please.</p>",
        ),
    ] {
        for spoken in [Spoken::Wandb, Spoken::Otlp] {
            let server = Sink::start_on_thread().unwrap();
            server.answer_always(asks.clone());
            let spool = tempfile::tempdir().unwrap();
            let (receipt, said) = sent(spoken.to(&server.url()), spool.path());
            assert_eq!(
                (receipt.rejected, receipt.spooled),
                (0, 1),
                "{receipt}\n{said}"
            );
            assert!(said.contains("begin with https://"), "{said}");
        }
    }
    // A destination that quotes the data it refuses.
    let server = Sink::start_on_thread().unwrap();
    server.answer_always(answer("application/json", r#"{"detail":"bad HTTPS"}"#));
    let spool = tempfile::tempdir().unwrap();
    let (receipt, _) = sent(Spoken::Wandb.to(&server.url()), spool.path());
    assert_eq!((receipt.rejected, receipt.spooled), (1, 0), "{receipt}");
}

/// A server may close before the client has received the reason.
#[test]
fn a_connection_that_ends_without_a_word_says_what_it_may_be() {
    let authority = Authority::new("ours");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = nobody.local_addr().unwrap();
    drop(nobody);
    let own = authority.sign(HERE, Valid::Now);
    for spoken in Spoken::ALL {
        let front = Front::start(&own, None, spoken.inside(), closed);
        let destination = trusting(spoken, &front.url(), &authority);
        let spool = tempfile::tempdir().unwrap();
        let (receipt, said) = sent(destination, spool.path());
        assert_eq!(
            (receipt.delivered, receipt.spooled),
            (0, 1),
            "{receipt}\n{said}"
        );
        assert!(
            said.contains("if the server demands a client certificate"),
            "{said}"
        );
    }
}

#[test]
fn grpc_to_a_server_that_speaks_http_alone_is_an_error_at_once() {
    let authority = Authority::new("ours");
    let upstream = Upstream::new(Spoken::Otlp);
    let own = authority.sign(HERE, Valid::Now);
    let front = Front::start(&own, None, Spoken::Otlp.inside(), upstream.address());
    let destination = trusting(Spoken::Grpc, &front.url(), &authority);
    refused(destination, &upstream, "for OTLP over HTTP, not gRPC");
}

#[test]
fn what_is_wrong_with_an_address_is_said() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = nobody.local_addr().unwrap();
    drop(nobody);
    // A label of a host name cannot be that long, so no DNS server is asked.
    let long = "x".repeat(64);
    for (url, why) in [
        (format!("https://{closed}"), "nothing listens"),
        (
            format!("http://{long}.test"),
            "the host name cannot be resolved",
        ),
    ] {
        for spoken in Spoken::ALL {
            let spool = tempfile::tempdir().unwrap();
            let (receipt, said) = sent(spoken.to(&url), spool.path());
            assert_eq!((receipt.delivered, receipt.spooled), (0, 1), "{receipt}");
            assert!(said.contains(why), "{why:?} is not in:\n{said}");
        }
    }
}

/// Accepts connections and sends nothing.
fn silent() -> SocketAddr {
    serve(async |listener: tokio::net::TcpListener| {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    })
}

#[test]
fn a_handshake_that_never_ends_is_ended() {
    let url = format!("https://{}", silent());
    for spoken in Spoken::ALL {
        let destination = spoken.to(&url).with_timeout(Duration::from_millis(200));
        let spool = tempfile::tempdir().unwrap();
        let (receipt, said) = sent_within(LESS, destination, spool.path());
        assert_eq!(
            (receipt.delivered, receipt.spooled),
            (0, 1),
            "{receipt}\n{said}"
        );
        assert!(said.contains("no complete answer in time"), "{said}");
    }
}

#[test]
fn a_flush_does_not_wait_for_a_handshake_beyond_its_deadline() {
    let url = format!("https://{}", silent());
    for spoken in Spoken::ALL {
        let exporter = Exporter::builder("acme/chatbot/logs".parse().unwrap())
            .with_destination(spoken.to(&url))
            .start()
            .unwrap();
        call(&exporter);
        let receipt = exporter.flush(Duration::from_millis(100));
        assert_eq!(
            (receipt.queued, receipt.dropped.total()),
            (1, 0),
            "{receipt}"
        );
        let receipt = exporter.shutdown(Duration::from_millis(100));
        assert!(receipt.is_conserved(), "{receipt}");
        assert_eq!((receipt.queued, receipt.delivered), (1, 0), "{receipt}");
    }
}
