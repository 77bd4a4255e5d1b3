//! Answers that no upstream sent, as a real HTTP client handles them.

use std::io::Read;
use std::time::Duration;

use flate2::read::GzDecoder;
use reqwest::redirect::Policy;
use spanloom_fault_proxy::{Cut, FaultProxy, ProxyFault, RetryAfter, StatusCode};
use spanloom_testkit::Sink;

use crate::client::{BODY, Client, with};

async fn async_with(fault: ProxyFault) -> (Sink, FaultProxy) {
    let sink = Sink::start().await.unwrap();
    let proxy = FaultProxy::start(sink.address()).unwrap();
    proxy.fault_next(fault);
    (sink, proxy)
}

async fn post(proxy: &FaultProxy, policy: Policy) -> reqwest::Result<reqwest::Response> {
    let client = reqwest::Client::builder().redirect(policy).build().unwrap();
    let request = client.post(proxy.url()).basic_auth("api", Some("key"));
    request.body(BODY).send().await
}

#[tokio::test]
async fn every_status_of_the_matrix_arrives_with_its_retry_after() {
    for fault in ProxyFault::matrix() {
        let ProxyFault::Status {
            status,
            retry_after,
        } = &fault
        else {
            continue;
        };
        let (sink, proxy) = async_with(fault.clone()).await;
        let answer = post(&proxy, Policy::none()).await.unwrap();
        assert_eq!(answer.status(), *status, "{fault}");
        let header = answer.headers().get("retry-after");
        let header = header.map(|value| value.to_str().unwrap().to_owned());
        match retry_after {
            None => assert_eq!(header, None, "{fault}"),
            Some(RetryAfter::Seconds(seconds)) => {
                assert_eq!(header, Some(seconds.to_string()), "{fault}");
            }
            Some(RetryAfter::Text(text)) => assert_eq!(header.as_deref(), Some(*text), "{fault}"),
            Some(_date) => assert!(header.unwrap().ends_with(" GMT"), "{fault}"),
        }
        answer.bytes().await.unwrap();
        assert!(sink.requests().is_empty(), "{fault}");
    }
}

#[tokio::test]
async fn a_status_keeps_the_connection() {
    let busy = ProxyFault::status(StatusCode::SERVICE_UNAVAILABLE);
    let (sink, proxy) = async_with(busy).await;
    let client = reqwest::Client::new();
    for expected in [503, 200] {
        let answer = client.post(proxy.url()).body(BODY).send().await.unwrap();
        assert_eq!(answer.status(), expected);
        answer.bytes().await.unwrap();
    }
    assert_eq!((proxy.connections(), sink.requests().len()), (1, 1));
}

#[test]
fn a_date_is_an_http_date() {
    let (_sink, proxy) = with(ProxyFault::Status {
        status: StatusCode::TOO_MANY_REQUESTS,
        retry_after: Some(RetryAfter::DateIn(Duration::from_secs(3600))),
    });
    let answer = Client::ask(&proxy).answer();
    let date = answer
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "))
        .unwrap();
    let (day, rest) = date.split_once(", ").unwrap();
    assert_eq!(
        (day.len(), rest.len()),
        (3, "22 Nov 2026 10:00:00 GMT".len())
    );
}

#[tokio::test]
async fn who_follows_a_redirect_is_seen_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let status = StatusCode::from_u16(status).unwrap();
        let fault = ProxyFault::Redirect { status };
        let (_sink, proxy) = async_with(fault.clone()).await;
        let answer = post(&proxy, Policy::none()).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(proxy.counts().elsewhere, 0, "{fault}");

        proxy.fault_next(fault.clone());
        let followed = post(&proxy, Policy::limited(3)).await.unwrap();
        assert_eq!(followed.status(), 200);
        let counts = proxy.counts();
        assert_eq!((counts.elsewhere, counts.credentials_elsewhere), (1, 0));

        // A client that sends the key to the new address.
        let place = answer.headers()["location"].to_str().unwrap().to_owned();
        let request = reqwest::Client::new().post(place).bearer_auth("key");
        request.send().await.unwrap();
        assert_eq!(proxy.counts().credentials_elsewhere, 1);
    }
    let (_sink, proxy) = async_with(ProxyFault::RedirectLoop).await;
    proxy.fault_always(ProxyFault::RedirectLoop);
    let error = post(&proxy, Policy::limited(3)).await.unwrap_err();
    assert!(error.is_redirect());
    assert_eq!(proxy.counts().elsewhere, 0);
}

#[tokio::test]
async fn odd_answers_are_what_they_say() {
    let table = [
        (ProxyFault::HtmlPage, "<!doctype html>"),
        (ProxyFault::EmptyAnswer, ""),
        (ProxyFault::BrokenJson, "{\"partialSuccess\": {"),
        (ProxyFault::BrokenGzip, "this is no gzip"),
        (ProxyFault::OverlongBody, "{}"),
    ];
    for (fault, start) in table {
        let (_sink, proxy) = async_with(fault.clone()).await;
        let answer = post(&proxy, Policy::none()).await.unwrap();
        assert_eq!(answer.status(), 200, "{fault}");
        let body = answer.text().await.unwrap();
        assert!(body.starts_with(start), "{fault}: {body}");
        assert_eq!(body.is_empty(), start.is_empty(), "{fault}");
    }
}

#[tokio::test]
async fn broken_answers_fail_where_they_are_broken() {
    let in_head = [
        ProxyFault::Garbage,
        ProxyFault::TlsAlert,
        ProxyFault::NoHead,
        ProxyFault::TwoLengths,
        ProxyFault::LongHeader {
            bytes: 16 * 1024 * 1024,
        },
        ProxyFault::ManyHeaders { count: 100_000 },
    ];
    for fault in in_head {
        let (_sink, proxy) = async_with(fault.clone()).await;
        assert!(post(&proxy, Policy::none()).await.is_err(), "{fault}");
        proxy.wait_for_faults(1).await.unwrap();
    }
    let in_body = [
        ProxyFault::TruncatedBody,
        ProxyFault::UnfinishedChunks,
        ProxyFault::BrokenChunk,
    ];
    for fault in in_body {
        let (_sink, proxy) = async_with(fault.clone()).await;
        let answer = post(&proxy, Policy::none()).await.unwrap();
        assert_eq!(answer.status(), 200, "{fault}");
        assert!(answer.bytes().await.is_err(), "{fault}");
    }
}

#[test]
fn what_has_no_end_goes_on_until_the_client_leaves() {
    let huge = 10 * 1024 * 1024 * 1024;
    let table = [
        (ProxyFault::EndlessChunks, 100_000),
        (ProxyFault::EndlessContinue, 1_000),
        // More than all buffers along the way hold.
        (ProxyFault::HugeAnswer { bytes: huge }, 20_000_000),
        (ProxyFault::GzipBomb { bytes: huge }, 1_000_000),
    ];
    for (fault, enough) in table {
        let (sink, proxy) = with(fault.clone());
        let client = Client::ask(&proxy);
        let mut seen = Vec::new();
        let read = (&client.0).take(enough).read_to_end(&mut seen);
        assert_eq!(read.unwrap(), usize::try_from(enough).unwrap(), "{fault}");
        assert_eq!(proxy.counts().faults, 0, "{fault}");
        drop(client);
        proxy.wait_for_faults_blocking(1).unwrap();
        assert!(sink.requests().is_empty());
    }
}

#[test]
fn finite_ones_have_the_length_they_say() {
    let (_sink, proxy) = with(ProxyFault::HugeAnswer { bytes: 3_000_000 });
    let answer = Client::ask(&proxy).answer();
    assert_eq!(answer.split_once("\r\n\r\n").unwrap().1.len(), 3_000_000);
    let (_sink, proxy) = with(ProxyFault::LongHeader { bytes: 20_000 });
    let answer = Client::ask(&proxy).answer();
    assert!(answer.contains(&format!("x-long: {}\r\n", "a".repeat(20_000))));
    let (_sink, proxy) = with(ProxyFault::ManyHeaders { count: 1_000 });
    let answer = Client::ask(&proxy).answer();
    assert_eq!(answer.matches("x-filler").count(), 1_000);
}

#[test]
fn a_bomb_is_a_sound_gzip_of_zeros() {
    let mib = 1024 * 1024;
    let (_sink, proxy) = with(ProxyFault::GzipBomb { bytes: 3 * mib });
    proxy.fault_next(ProxyFault::NoAnswer { cut: Cut::Close });
    let mut client = Client::ask(&proxy);
    client.send();
    let (seen, _cut) = client.end();
    let head = seen.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    assert!(seen.len() < 10_000, "{}", seen.len());
    let mut zeros = Vec::new();
    GzDecoder::new(&seen[head..])
        .read_to_end(&mut zeros)
        .unwrap();
    assert_eq!(zeros.len() as u64, 3 * mib);
    assert!(zeros.iter().all(|byte| *byte == 0));
}

#[test]
fn an_upgrade_nobody_asked_for_and_then_nothing() {
    let (_sink, proxy) = with(ProxyFault::SwitchProtocols);
    let mut client = Client::ask(&proxy);
    proxy.wait_for_faults_blocking(1).unwrap();
    assert!(client.available().starts_with("HTTP/1.1 101 "));
}
