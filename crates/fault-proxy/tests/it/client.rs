//! A client that sees every byte and how the connection ends.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use spanloom_fault_proxy::{Cut, FaultProxy, ProxyFault};
use spanloom_testkit::Sink;

/// Longer than any step here takes.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) const BODY: &str = r#"{"batch": [{"id": "one"}, {"id": "two"}]}"#;

pub(super) fn request() -> String {
    format!(
        "POST /v2/acme/chatbot/calls/complete HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic YXBpOmtleQ==\r\n\
         content-length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
}

pub(super) fn start() -> (Sink, FaultProxy) {
    let sink = Sink::start_on_thread().unwrap();
    let proxy = FaultProxy::start(sink.address()).unwrap();
    (sink, proxy)
}

/// Returns a proxy with this fault due.
pub(super) fn with(fault: ProxyFault) -> (Sink, FaultProxy) {
    let (sink, proxy) = start();
    proxy.fault_next(fault);
    (sink, proxy)
}

pub(super) struct Client(pub(super) TcpStream);

impl Client {
    pub(super) fn connect(proxy: &FaultProxy) -> Self {
        let stream = TcpStream::connect(proxy.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    /// Connects and sends the request. The connection may be cut meanwhile, which is what the test checks.
    pub(super) fn ask(proxy: &FaultProxy) -> Self {
        let mut client = Self::connect(proxy);
        client.0.write_all(request().as_bytes()).ok();
        client
    }

    pub(super) fn send(&mut self) {
        self.0.write_all(request().as_bytes()).unwrap();
    }

    /// Returns what has already arrived; the connection must be open.
    pub(super) fn available(&mut self) -> String {
        self.0.set_nonblocking(true).unwrap();
        let mut seen = Vec::new();
        let error = self.0.read_to_end(&mut seen).unwrap_err();
        self.0.set_nonblocking(false).unwrap();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        String::from_utf8(seen).unwrap()
    }

    /// Reads one answer with a `content-length`; the connection may stay open.
    pub(super) fn answer(&mut self) -> String {
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            self.byte(&mut seen);
        }
        let head = String::from_utf8(seen.clone()).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap();
        for _ in 0..length.parse::<usize>().unwrap() {
            self.byte(&mut seen);
        }
        String::from_utf8(seen).unwrap()
    }

    fn byte(&mut self, seen: &mut Vec<u8>) {
        let mut byte = [0];
        self.0.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }

    /// Reads everything until the end, and returns the kind of end.
    pub(super) fn end(mut self) -> (Vec<u8>, Cut) {
        let mut seen = Vec::new();
        match self.0.read_to_end(&mut seen) {
            Ok(_) => (seen, Cut::Close),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => (seen, Cut::Reset),
            Err(error) => panic!("neither an end nor a reset: {error}"),
        }
    }
}
