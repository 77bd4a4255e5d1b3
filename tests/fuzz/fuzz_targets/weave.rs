//! libFuzzer on the server's Weave API: `SPANLOOM_FUZZ_TARGET` is `weave_api` (a body for one of its endpoints, which the first
//! byte chooses) or `query` (a query for calls). A server in this process answers over HTTP: with JSON, and never with an
//! error of its own.

#![no_main]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{LazyLock, Mutex};

use libfuzzer_sys::fuzz_target;
use spanloom_server::{Database, Server};

const ENDPOINTS: [&str; 33] = [
    "/v2/e/p/calls/complete",
    "/v2/e/p/call/start",
    "/v2/e/p/call/end",
    "/call/start",
    "/call/end",
    "/call/upsert_batch",
    "/call/read",
    "/call/update",
    "/calls/stream_query",
    "/calls/query_stats",
    "/calls/delete",
    "/calls/usage",
    "/trace/usage",
    "/obj/create",
    "/obj/read",
    "/obj/delete",
    "/objs/query",
    "/refs/read_batch",
    "/table/create",
    "/table/create_from_digests",
    "/table/update",
    "/table/query",
    "/table/query_stats",
    "/table/query_stats_batch",
    "/feedback/create",
    "/feedback/batch/create",
    "/feedback/replace",
    "/feedback/query",
    "/feedback/purge",
    "/cost/create",
    "/cost/query",
    "/cost/purge",
    "/threads/stream_query",
];

/// A server with a temporary database, with a few calls.
static SERVER: LazyLock<SocketAddr> = LazyLock::new(|| {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::builder()
                .with_listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
                .with_otlp_http(None)
                .with_otlp_grpc(None)
                .with_database(Database::Temporary);
            let server = server.bind().await.unwrap();
            let url = server.url();
            let address = url.trim_start_matches("http://").parse().unwrap();
            sender.send(address).unwrap();
            server.serve(std::future::pending()).await.unwrap();
        });
    });
    let address = receiver.recv().unwrap();
    let calls: Vec<String> = (0..8).map(call).collect();
    let body = format!(r#"{{"batch": [{}]}}"#, calls.join(","));
    assert_eq!(post(address, "/v2/e/p/calls/complete", body.as_bytes()).0, 200);
    address
});

fn call(n: u32) -> String {
    format!(
        r#"{{"project_id": "e/p", "id": "{n:016x}", "trace_id": "{n:032x}", "parent_id": null, "op_name": "f{}", "started_at": "2026-11-22T10:00:0{n}Z", "ended_at": "2026-11-22T10:00:1{n}Z", "attributes": {{"a": {n}}}, "inputs": {{"x": [{n}, "{n}", null, true]}}, "output": {n}, "summary": {{}}, "thread_id": "t"}}"#,
        n % 2
    )
}

static CONNECTION: Mutex<Option<BufReader<TcpStream>>> = Mutex::new(None);

/// Posts a body, and returns status and answer. The connection is kept.
fn post(address: SocketAddr, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut kept = CONNECTION.lock().unwrap();
    for _ in 0..2 {
        let mut connection = kept.take().unwrap_or_else(|| {
            BufReader::new(TcpStream::connect(address).expect("the server is there"))
        });
        if let Some(answer) = exchange(&mut connection, path, body) {
            *kept = Some(connection);
            return answer;
        }
    }
    panic!("the server does not answer {path}");
}

fn exchange(
    connection: &mut BufReader<TcpStream>,
    path: &str,
    body: &[u8],
) -> Option<(u16, Vec<u8>)> {
    let address = connection.get_ref().peer_addr().ok()?;
    let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n", body.len());
    connection.get_mut().write_all(&[head.as_bytes(), body].concat()).ok()?;
    let mut line = String::new();
    connection.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let (mut length, mut is_chunked) = (0_usize, false);
    loop {
        line.clear();
        connection.read_line(&mut line).ok()?;
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
        is_chunked |= header == "transfer-encoding: chunked";
    }
    let mut answer = Vec::new();
    if !is_chunked {
        answer.resize(length, 0);
        connection.read_exact(&mut answer).ok()?;
        return Some((status, answer));
    }
    loop {
        line.clear();
        connection.read_line(&mut line).ok()?;
        let size = usize::from_str_radix(line.trim_end(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        connection.read_exact(&mut chunk).ok()?;
        answer.extend(chunk.get(..size)?);
        if size == 0 {
            return Some((status, answer));
        }
    }
}

fn check(path: &str, body: &[u8]) {
    let (status, answer) = post(*SERVER, path, body);
    assert!(status < 500, "{path}: {status}");
    for line in answer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        assert!(serde_json::from_slice::<serde_json::Value>(line).is_ok(), "{path}: no JSON");
    }
}

fuzz_target!(|data: &[u8]| {
    if std::env::var("SPANLOOM_FUZZ_TARGET").as_deref() == Ok("query") {
        let Ok(query) = std::str::from_utf8(data) else { return };
        let head = r#"{"project_id": "e/p", "query": "#;
        check("/calls/stream_query", format!("{head}{query}}}").as_bytes());
    } else if let Some((first, body)) = data.split_first() {
        check(ENDPOINTS[usize::from(*first) % ENDPOINTS.len()], body);
    }
});
