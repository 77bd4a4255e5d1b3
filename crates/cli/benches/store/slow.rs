//! Clients that neither send nor read, and the answers that others wait for meanwhile.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::http::Connection;

/// The clients that send half of a request, and as many that do not read their answer.
const HALF: usize = 500;
const GOOD: usize = 300;

/// Prints how long good requests take while slow clients are connected, and how many of those the server still has.
pub(crate) fn beside(address: &str) {
    let request = |path: &str, length: usize, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let query = r#"{"project_id":"acme/bench"}"#;
    let half = request("/v2/acme/bench/calls/complete", 1 << 20, r#"{"batch":["#);
    let unread = request("/calls/stream_query", query.len(), query);
    let open = |text: &str| {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.write_all(text.as_bytes()).ok()?;
        Some(stream)
    };
    let texts = [half, unread];
    let slow: Vec<TcpStream> = (0..2 * HALF)
        .filter_map(|number| open(&texts[number % 2]))
        .collect();
    let mut times: Vec<Duration> = Vec::new();
    let mut refused = 0;
    for _ in 0..GOOD {
        let begun = Instant::now();
        let mut http = Connection::open(address);
        let status = http.status("/api/calls?entity=acme&project=bench&stream=calls");
        times.push(begun.elapsed());
        refused += usize::from(status != 200);
    }
    times.sort_unstable();
    println!(
        "{} slow clients: newest 50 in p50 {:.1?} p99 {:.1?}, {refused} of {GOOD} refused",
        slow.len(),
        times[GOOD / 2],
        times[GOOD * 99 / 100],
    );
}
