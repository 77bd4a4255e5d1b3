//! Requests that the upstream receives.

use std::time::{Duration, Instant};

use spanloom_fault_proxy::{Cut, FaultProxy, ProxyFault, StatusCode};
use spanloom_testkit::{Sink, SinkAnswer};

use crate::client::{BODY, Client, start, with};

#[test]
fn without_a_fault_all_passes_on_one_connection() {
    let (sink, proxy) = start();
    let mut client = Client::ask(&proxy);
    assert!(client.answer().ends_with("{}"));
    sink.answer_next_with(SinkAnswer::status(StatusCode::CREATED).with_body("later"));
    client.send();
    let answer = client.answer();
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    assert!(answer.ends_with("later"));
    let requests = sink.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].body, BODY);
    assert_eq!(
        requests[1].header("authorization"),
        Some("Basic YXBpOmtleQ==")
    );
    let counts = proxy.counts();
    assert_eq!((counts.connections, counts.forwarded), (1, 2));
    assert_eq!((counts.faults, counts.elsewhere), (0, 0));
}

#[tokio::test]
async fn a_real_client_passes_with_large_and_chunked_bodies() {
    let sink = Sink::start().await.unwrap();
    let proxy = FaultProxy::start(sink.address()).unwrap();
    let large = "x".repeat(3 * 1024 * 1024);
    let answer = SinkAnswer::status(StatusCode::OK).with_body(large.clone());
    sink.answer_always(answer);
    let client = reqwest::Client::new();
    for _ in 0..2 {
        let answer = client.post(proxy.url()).body(large.clone()).send();
        assert_eq!(answer.await.unwrap().text().await.unwrap(), large);
    }
    assert_eq!(sink.requests()[1].body, large);
    let head = client.head(proxy.url()).send().await.unwrap();
    assert_eq!(head.text().await.unwrap(), "");
    assert_eq!((proxy.connections(), proxy.counts().forwarded), (1, 3));
}

#[test]
fn a_chunked_request_is_passed_on_to_its_last_trailer() {
    use std::io::Write;
    let (sink, proxy) = start();
    let mut client = Client::connect(&proxy);
    for piece in [
        "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chun",
        "ked\r\n\r\n5;ext=1\r\nhel",
        "lo\r\nA\r\n, world!!!\r",
        "\n0\r\nx-trailer: 1\r\n\r",
        "\n",
    ] {
        client.0.write_all(piece.as_bytes()).unwrap();
    }
    assert!(client.answer().ends_with("{}"));
    client.send();
    client.answer();
    let bodies: Vec<_> = sink.requests().into_iter().map(|it| it.body).collect();
    assert_eq!(bodies, ["hello, world!!!", BODY]);
}

#[test]
fn each_cut_of_an_answer_comes_after_the_request_was_applied() {
    let whole = {
        let (_sink, proxy) = start();
        Client::ask(&proxy).answer().len()
    };
    for cut in [Cut::Close, Cut::Reset] {
        let answer = |after| ProxyFault::CutAnswer { after, cut };
        let table = [
            (answer(0), 0),
            (answer(1), 1),
            (answer(30), 30),
            (answer(whole - 1), whole - 1),
            (answer(1_000_000), whole),
            // One of the body's two bytes.
            (ProxyFault::CutAnswerBody { cut }, whole - 1),
            (ProxyFault::StaleConnection { cut }, whole),
        ];
        for (fault, bytes) in table {
            let (sink, proxy) = with(fault.clone());
            let (seen, end) = Client::ask(&proxy).end();
            assert_eq!((seen.len(), end), (bytes, cut), "{fault}");
            let counts = proxy.wait_for_faults_blocking(1).unwrap();
            assert_eq!((counts.forwarded, sink.requests().len()), (1, 1), "{fault}");
            assert!(fault.reaches_upstream());
        }
    }
}

#[test]
fn a_stale_connection_promises_to_stay_and_does_not() {
    let (sink, proxy) = with(ProxyFault::StaleConnection { cut: Cut::Close });
    let mut client = Client::ask(&proxy);
    let answer = client.answer();
    assert!(!answer.contains("connection: close"), "{answer}");
    client.send();
    assert_eq!(client.end(), (Vec::new(), Cut::Close));
    assert_eq!(sink.requests().len(), 1);
}

#[test]
fn a_held_answer_was_given_and_arrives_when_it_is_released() {
    let (sink, proxy) = with(ProxyFault::HeldAnswer);
    let mut client = Client::ask(&proxy);
    proxy.wait_for_faults_blocking(1).unwrap();
    assert_eq!(sink.requests().len(), 1);
    assert_eq!(client.available(), "");
    proxy.release();
    assert!(client.answer().ends_with("{}"));
    assert_eq!(proxy.counts().faults, 1);
}

#[test]
fn slow_and_late_ones_take_the_time_they_say_and_are_whole() {
    let pause = Duration::from_millis(1);
    let delay = Duration::from_millis(100);
    for fault in [
        ProxyFault::SlowRequest { pause },
        ProxyFault::SlowAnswer { pause },
        ProxyFault::LateAnswer { delay },
    ] {
        let (sink, proxy) = with(fault.clone());
        let start = Instant::now();
        let mut client = Client::ask(&proxy);
        let answer = client.answer();
        assert!(answer.ends_with("{}"), "{fault}: {answer}");
        // Request and answer have about a hundred bytes or more.
        assert!(start.elapsed() >= Duration::from_millis(60), "{fault}");
        assert_eq!(sink.requests()[0].body, BODY, "{fault}");
    }
}

#[test]
fn an_answer_that_comes_too_late_finds_nobody_and_the_request_was_applied() {
    let (sink, proxy) = with(ProxyFault::HeldAnswer);
    let client = Client::ask(&proxy);
    proxy.wait_for_faults_blocking(1).unwrap();
    drop(client);
    proxy.release();
    assert!(Client::ask(&proxy).answer().ends_with("{}"));
    assert_eq!(sink.requests().len(), 2);
}

#[test]
fn a_duplicate_reaches_the_upstream_twice_and_is_answered_once() {
    let (sink, proxy) = with(ProxyFault::Duplicate);
    let mut client = Client::ask(&proxy);
    assert!(client.answer().ends_with("{}"));
    assert_eq!(client.available(), "");
    let requests = sink.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(proxy.counts().forwarded, 2);
}

#[tokio::test]
async fn an_upstream_that_is_away_is_a_closed_connection_until_it_is_back() {
    let sink = Sink::start().await.unwrap();
    let proxy = FaultProxy::start(sink.address()).unwrap();
    sink.stop().await;
    let client = reqwest::Client::new();
    let send = || client.post(proxy.url()).body(BODY).send();
    send().await.unwrap_err();
    sink.restart().await.unwrap();
    assert_eq!(send().await.unwrap().status(), 200);
    proxy.fault_next(ProxyFault::NoAnswer { cut: Cut::Reset });
    send().await.unwrap_err();
    assert_eq!(proxy.wait_for_faults(1).await.unwrap().faults, 1);
}
