//! Connections that hang, break before there is an answer, or never begin.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use spanloom_fault_proxy::{Cut, ProxyFault};

use crate::client::{Client, request, start, with};

#[test]
fn each_hang_is_silent_from_where_its_name_says() {
    let answer_head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n";
    let table = [
        (ProxyFault::ReadNothing, String::new()),
        (ProxyFault::HangAfterHead, String::new()),
        (ProxyFault::HangAfterRequest, String::new()),
        (
            ProxyFault::HangAfterStatusLine,
            "HTTP/1.1 200 OK\r\n".to_owned(),
        ),
        (ProxyFault::HangAfterAnswerHead, answer_head.to_owned()),
        (ProxyFault::HangInAnswer, format!("{answer_head}{{")),
    ];
    for (fault, expected) in table {
        let (sink, proxy) = with(fault.clone());
        let mut client = Client::ask(&proxy);
        proxy.wait_for_faults_blocking(1).unwrap();
        assert_eq!(client.available(), expected, "{fault}");
        assert!(sink.requests().is_empty(), "{fault}");
        // The next client is served, and the hanging one is released with the proxy.
        assert!(Client::ask(&proxy).answer().ends_with("{}"), "{fault}");
        drop(proxy);
        let _gone = client.end();
    }
}

#[test]
fn a_hang_after_the_head_waits_for_the_head_and_not_for_the_body() {
    let (head, body) = (ProxyFault::HangAfterHead, ProxyFault::HangAfterRequest);
    for (fault, waits_for_body) in [(head, false), (body, true)] {
        let (_sink, proxy) = with(fault);
        let mut client = Client::connect(&proxy);
        let text = request();
        let (most, last) = text.split_at(text.len() - 1);
        client.0.write_all(most.as_bytes()).unwrap();
        if waits_for_body {
            assert_eq!(client.available(), "");
            assert_eq!(proxy.counts().faults, 0);
            client.0.write_all(last.as_bytes()).unwrap();
        }
        proxy.wait_for_faults_blocking(1).unwrap();
    }
}

#[test]
fn a_backlog_is_left_alone_until_the_proxy_heals() {
    let (sink, proxy) = with(ProxyFault::NeverAccept);
    let mut client = Client::ask(&proxy);
    // A second fault behind this one must wait, too.
    proxy.fault_next(ProxyFault::ResetAtConnect);
    assert_eq!(client.available(), "");
    assert_eq!((proxy.connections(), sink.requests().len()), (0, 0));
    proxy.heal();
    assert!(client.answer().starts_with("HTTP/1.1 200 OK"));
    assert_eq!((proxy.connections(), sink.requests().len()), (1, 1));
}

#[test]
fn each_cut_of_a_request_is_the_end_it_says_and_the_upstream_hears_nothing() {
    let mut table = vec![(ProxyFault::HalfCloseAtConnect, Cut::Close)];
    for cut in [Cut::Close, Cut::Reset] {
        table.push((ProxyFault::NoAnswer { cut }, cut));
        for after in [1, 16, request().len() - 1, request().len(), 1_000_000] {
            table.push((ProxyFault::CutRequest { after, cut }, cut));
        }
    }
    for (fault, expected) in table {
        let (sink, proxy) = with(fault.clone());
        let (seen, cut) = Client::ask(&proxy).end();
        assert_eq!((seen.len(), cut), (0, expected), "{fault}");
        proxy.wait_for_faults_blocking(1).unwrap();
        assert_eq!(proxy.counts().forwarded, 0, "{fault}");
        assert!(sink.requests().is_empty(), "{fault}");
        assert!(!fault.reaches_upstream());
    }
}

#[test]
fn a_cut_request_is_cut_at_that_byte() {
    let after = 40;
    let (_sink, proxy) = with(ProxyFault::CutRequest {
        after,
        cut: Cut::Close,
    });
    let mut client = Client::connect(&proxy);
    let text = request();
    client.0.write_all(&text.as_bytes()[..after - 1]).unwrap();
    assert_eq!(client.available(), "");
    client
        .0
        .write_all(&text.as_bytes()[after - 1..after])
        .unwrap();
    assert_eq!(client.end(), (Vec::new(), Cut::Close));
}

#[test]
fn a_half_closed_connection_still_takes_the_request() {
    let (_sink, proxy) = with(ProxyFault::HalfCloseAtConnect);
    let mut client = Client::connect(&proxy);
    assert_eq!(client.0.read(&mut [0]).unwrap(), 0);
    // Twice: a closed socket would answer the first send with a reset, which the second would meet.
    client.send();
    client.send();
    assert_eq!(client.0.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_connection_reset_at_once_fails_at_connect_or_right_after() {
    let (_sink, proxy) = with(ProxyFault::ResetAtConnect);
    let failed = match TcpStream::connect(proxy.address()) {
        Ok(mut stream) => stream.read(&mut [0]).unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(failed.kind(), ErrorKind::ConnectionReset);
    proxy.wait_for_faults_blocking(1).unwrap();
}

#[test]
fn a_connection_closed_at_once_never_sees_an_answer() {
    let (sink, proxy) = with(ProxyFault::CloseAtConnect);
    let client = Client::connect(&proxy);
    assert_eq!(client.end(), (Vec::new(), Cut::Close));
    assert!(sink.requests().is_empty());
}

#[test]
fn a_fault_of_connections_strikes_at_the_next_request_on_an_open_one() {
    let (sink, proxy) = start();
    let mut client = Client::ask(&proxy);
    client.answer();
    proxy.fault_next(ProxyFault::ResetAtConnect);
    client.send();
    assert_eq!(client.end(), (Vec::new(), Cut::Reset));
    assert_eq!(sink.requests().len(), 1);
}

#[test]
fn dropping_the_proxy_frees_its_port_and_ends_its_connections() {
    let (_sink, proxy) = with(ProxyFault::HangAfterRequest);
    let (address, client) = (proxy.address(), Client::ask(&proxy));
    proxy.wait_for_faults_blocking(1).unwrap();
    drop(proxy);
    TcpStream::connect(address).unwrap_err();
    let (seen, _cut) = client.end();
    assert_eq!(seen, b"");
}

#[test]
fn a_fault_for_always_lasts_until_the_proxy_heals() {
    let (sink, proxy) = start();
    proxy.fault_always(ProxyFault::NoAnswer { cut: Cut::Close });
    for _ in 0..3 {
        assert_eq!(Client::ask(&proxy).end(), (Vec::new(), Cut::Close));
    }
    // The script takes precedence.
    proxy.fault_next(ProxyFault::EmptyAnswer);
    assert!(Client::ask(&proxy).answer().ends_with("\r\n\r\n"));
    assert_eq!(Client::ask(&proxy).end(), (Vec::new(), Cut::Close));
    proxy.heal();
    assert!(Client::ask(&proxy).answer().ends_with("{}"));
    assert_eq!((sink.requests().len(), proxy.connections()), (1, 6));
}
