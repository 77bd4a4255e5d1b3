//! The server under load: OTLP stored and visible, a refresh of the board, a Weave query, memory, start.
//! `cargo bench -p spanloom-cli --bench store -- [CALLS]`, one million calls by default.
//!
//! The server is its own process; the load comes from this one, over two connections, in requests of 512 spans of 3 KB
//! with texts that repeat no more than those of a service do. Peers that are installed run in the same way: `ROTEL` and
//! `MIRA` name their programs.
//!
//! Last result (2026-11-30, 2 cores AMD EPYC, shared, Rust 1.95), one million calls; three million in brackets:
//!
//! | | measured | goal |
//! |---|---|---|
//! | OTLP stored and visible | 23.1 k spans/s (23.1), 66 us of CPU a span (66), 42 MiB/s a core | 60 k, 20 us: missed |
//! | Rotel 0.0.1a15, which stores nothing, same load | 174 k spans/s, 8.4 us | ratio 0.13, not 0.6: missed |
//! | acknowledged | p50 41 ms (42), p99 80 ms (79) | 10, 60: missed |
//! | disk | 1,139 B a call (1,138) | 1,024: missed |
//! | summary of the board by model, over HTTP | 32 ms (82), CPU 53 ms (141) | a fifth of the fastest of three engines, not run |
//! | one day of a week, by tenant | 8.6 ms (22) | |
//! | newest 50 calls; the same in the Weave API | 9.2 ms; 9.5 ms (24; 24) | 20 ms |
//! | memory after a start, all of the process | 115 B a call (92) | 120 B a call |
//! | start | empty 10 ms, 0.19 s (0.58) | 100 ms; 3 s with ten million |
//!
//! Ten million were not tried: the file does not fit this disk. Where the time of a span goes (`perf` at 66d957b, shares of the
//! process's samples): 30 % decode and map it, through trees of JSON; 30 % write it as JSON and compress it (13 % compress); 17 % are
//! the writer's; the rest is HTTP and the kernel.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::too_many_lines,
    reason = "a benchmark that cannot go on should say so at once"
)]

mod http;
mod load;
mod process;

use std::time::{Duration, Instant};

use http::Connection;
use load::Load;
use process::Process;

/// The spans of a request.
const SPANS: usize = 512;
/// The connections that send.
const CONNECTIONS: usize = 2;
/// The repetitions of a question.
const TIMES: usize = 9;

fn main() {
    let calls = std::env::args().skip(1).find_map(|text| text.parse().ok());
    let calls: usize = calls.unwrap_or(1_000_000);
    let load = Load::new();
    println!("{calls} calls of {} bytes of OTLP", load.bytes_per_span());
    let folder = tempfile::tempdir().unwrap();
    // The file can be kept, to look at it or at a server that serves it.
    let kept = std::env::var_os("SPANLOOM_BENCH_DB").map(std::path::PathBuf::from);
    let database = kept.unwrap_or_else(|| folder.path().join("bench.db"));
    let start = || {
        let database = database.to_str().unwrap();
        let program = env!("CARGO_BIN_EXE_spanloom");
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:17440",
            "--otlp-http",
            "127.0.0.1:14318",
            "--otlp-grpc",
            "off",
        ];
        Process::start(
            program,
            &[&arguments[..], &["--db", database]].concat(),
            "127.0.0.1:17440",
        )
    };
    let (server, took) = start();
    println!("start, empty: {took:?}, memory {:.1} MiB", server.memory());
    ingest("spanloom", &server, "127.0.0.1:14318", &load, calls);
    let disk: u64 = ["", "-wal"]
        .iter()
        .filter_map(|suffix| std::fs::metadata(format!("{}{suffix}", database.display())).ok())
        .map(|file| file.len())
        .sum();
    println!("disk: {} B a call", disk / calls as u64);
    questions(&server, calls);
    server.stop();
    let (server, took) = start();
    println!(
        "start, {calls} calls: {took:?}, CPU {:?}, memory {:.1} MiB",
        server.cpu(),
        server.memory()
    );
    questions(&server, calls);
    server.stop();
    for (name, variable, arguments) in peers(folder.path()) {
        let Some(program) = std::env::var_os(variable) else {
            continue;
        };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (peer, took) = Process::start(program.to_str().unwrap(), &arguments, "127.0.0.1:14319");
        println!("{name}: start {took:?}");
        ingest(name, &peer, "127.0.0.1:14319", &load, calls.min(300_000));
        peer.stop();
    }
}

/// Programs that take OTLP: their name, the variable with their path, and their arguments.
fn peers(folder: &std::path::Path) -> [(&'static str, &'static str, Vec<String>); 2] {
    let rotel = [
        "start",
        "--otlp-http-endpoint",
        "127.0.0.1:14319",
        "--otlp-grpc-endpoint",
        "127.0.0.1:14320",
        "--exporter",
        "blackhole",
    ];
    let data = folder.join("mira").display().to_string();
    let mira = [
        "serve",
        "--http",
        "127.0.0.1:14319",
        "--data-dir",
        data.as_str(),
    ];
    [
        ("rotel", "ROTEL", rotel.map(str::to_owned).to_vec()),
        ("mira", "MIRA", mira.map(str::to_owned).to_vec()),
    ]
}

/// Sends calls, and prints how fast they were acknowledged, and at what cost.
fn ingest(name: &str, server: &Process, address: &str, load: &Load, calls: usize) {
    let before = server.cpu();
    let begun = Instant::now();
    let requests = calls / SPANS;
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let threads = (0..CONNECTIONS).map(|connection| {
            scope.spawn(move || {
                let mut http = Connection::open(address);
                let numbers = (connection..requests).step_by(CONNECTIONS);
                let send = |number| {
                    let request = load.request(number, requests);
                    let sent = Instant::now();
                    http.post("/v1/traces", "application/x-protobuf", &request);
                    sent.elapsed()
                };
                numbers.map(send).collect::<Vec<_>>()
            })
        });
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let took = begun.elapsed();
    let spans = (requests * SPANS) as f64;
    let cpu = server.cpu() - before;
    times.sort_unstable();
    let bytes = spans * load.bytes_per_span() as f64 / f64::from(1 << 20);
    println!(
        "{name}: {:.1} k spans/s, {:.1} us of CPU a span, {:.0} MiB/s a core, acknowledged in p50 {:?} p99 {:?}, memory {:.1} MiB",
        spans / took.as_secs_f64() / 1e3,
        cpu.as_secs_f64() * 1e6 / spans,
        bytes / cpu.as_secs_f64(),
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        server.memory(),
    );
}

/// Asks what a board and W&B's clients ask.
fn questions(server: &Process, calls: usize) {
    let mut http = Connection::open("127.0.0.1:17440");
    let stream = "entity=acme&project=bench&stream=calls";
    let day = load::LAST_START_MS - 86_400_000;
    let gets = [
        ("summary by model", format!("/api/summary?{stream}")),
        (
            "summary by tenant, one day",
            format!("/api/summary?{stream}&group=attr:tenant&from={day}"),
        ),
        (
            "summary of one model's errors",
            format!("/api/summary?{stream}&model=gpt-4o-mini&status=error"),
        ),
        (
            "summary by user (10,000)",
            format!("/api/summary?{stream}&group=attr:user_id"),
        ),
        ("newest 50", format!("/api/calls?{stream}")),
        (
            "slowest 50",
            format!("/api/calls?{stream}&sort=-latency_ms"),
        ),
        ("streams", "/api/streams".to_owned()),
    ];
    for (name, path) in gets {
        time(name, server, || http.get(&path));
    }
    let query = r#"{"project_id":"acme/bench","limit":50,"sort_by":[{"field":"started_at","direction":"desc"}]}"#;
    time("Weave, newest 50", server, || {
        http.post("/calls/stream_query", "application/json", query.as_bytes())
    });
    println!(
        "memory: {:.1} MiB, {:.0} B a call",
        server.memory(),
        server.memory() * f64::from(1 << 20) / calls as f64
    );
}

fn time(name: &str, server: &Process, mut ask: impl FnMut() -> usize) {
    ask();
    let before = server.cpu();
    let mut bytes = 0;
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let asked = Instant::now();
            bytes = ask();
            asked.elapsed()
        })
        .collect();
    times.sort_unstable();
    let cpu = (server.cpu() - before) / TIMES as u32;
    println!(
        "{name}: median {:.1?}, CPU {cpu:.1?}, {bytes} bytes",
        times[TIMES / 2]
    );
}
