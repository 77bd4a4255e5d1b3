//! Memory while no destination accepts records: bounded by configuration, however much traffic the service has.

use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use spanloom::{Monitor, Monitored as _};
use spanloom_exporter::Limits;
use spanloom_testkit::{Sink, SinkAnswer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::child::{say, start, told};
use crate::subject::{Spoken, Subject};

#[test]
fn spans_for_nobody_stay_within_their_bound() {
    let sink = Sink::start_on_thread().unwrap();
    sink.answer_always(SinkAnswer::hang());
    let mut limits = Limits::default();
    limits.queue_bytes = 1 << 20;
    let subject = Subject::new(Spoken::Weave, &sink.url(), limits, None);
    subject.spans(20_000);
    let account = subject.exporter.receipt();
    assert!(account.is_conserved(), "{account:?}");
    // A span is more than half a kilobyte.
    assert!(
        account.queued < 2_000 && account.dropped.queue_full > 18_000,
        "{account}"
    );
}

/// Returns one chunk of a stream.
fn chunk(delta: &Value, finish: &Value) -> String {
    let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    format!("data: {chunk}\n\n")
}

/// Returns a chunk in the middle of a stream.
fn word() -> String {
    chunk(
        &json!({"content": "twelve words that are sent to everybody who asks, in one piece "}),
        &Value::Null,
    )
}

/// Returns how many such chunks a stream receives while it is in flight.
fn chunks() -> usize {
    RECEIVED / word().len()
}

/// Passed instead of an address.
const NONE: &str = "none";
const STREAMS: usize = 1_000;
/// Bytes that each stream has received while all are in flight: 40 MiB in total, more than is kept of them.
const RECEIVED: usize = 40 << 10;
/// The default bounds on answers in flight and on waiting records.
const BOUND: u64 = (32 + 32) << 20;
/// Memory besides them: a batch, the batch as JSON, what the allocator keeps, and code that runs for the first time.
const BESIDE: u64 = 24 << 20;

/// A process's memory, in bytes.
#[derive(Clone, Copy, Debug)]
struct Memory {
    /// The memory while the streams are in flight.
    in_flight: u64,
    /// The peak memory.
    peak: u64,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes >> 20;
        write!(
            f,
            "{} MiB in flight, at most {}",
            mib(self.in_flight),
            mib(self.peak)
        )
    }
}

/// Returns a line of the kernel's status of this process, in bytes.
fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    let number = line.split_whitespace().nth(1).unwrap();
    number.parse::<u64>().unwrap() << 10
}

/// Starts a model whose streams continue until they are ended.
async fn model() -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = watch::channel(false);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection, ended.clone()));
        }
    });
    (address, end)
}

async fn answer(mut connection: TcpStream, mut ended: watch::Receiver<bool>) {
    let mut asked = [0; 8 << 10];
    // The request is short and arrives in one piece.
    let _read = connection.read(&mut asked).await.unwrap();
    let mut text = String::from(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
    );
    text.push_str(&word().repeat(chunks()));
    connection.write_all(text.as_bytes()).await.unwrap();
    ended.wait_for(|ended| *ended).await.unwrap();
    let usage = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini", "choices": [],
        "usage": {"prompt_tokens": 9, "completion_tokens": 900, "total_tokens": 909}});
    let end = chunk(&json!({}), &json!("stop")) + &format!("data: {usage}\n\ndata: [DONE]\n\n");
    connection.write_all(end.as_bytes()).await.unwrap();
}

/// Not a test: a service with a thousand streams in flight, monitored or not.
#[test]
fn a_thousand_streams() {
    let Some(told) = told() else {
        return;
    };
    let [model, server] = told.as_slice() else {
        panic!("told {told:?}");
    };
    // The test harness has begun a line.
    say("begun");
    let config = OpenAIConfig::new()
        .with_api_base(model)
        .with_api_key("sk-test");
    let client = Client::with_config(config);
    let monitor = (server != NONE).then(|| {
        let builder = Monitor::builder("memory/streams/logs");
        let builder = builder.with_server(server).without_spool();
        builder.without_notices().start().unwrap()
    });
    let client = match &monitor {
        Some(monitor) => client.monitored(monitor),
        None => client,
    };
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(async {
        let request = json!({"model": "gpt-4o-mini", "stream": true, "messages": [{"role": "user", "content": "go on"}]});
        let asked: FuturesUnordered<_> = (0..STREAMS)
            .map(|_| {
                let request = serde_json::from_value(request.clone()).unwrap();
                let client = client.clone();
                async move { client.chat().create_stream(request).await.unwrap() }
            })
            .collect();
        let streams: Vec<_> = asked.collect().await;
        let received: FuturesUnordered<_> = streams
            .into_iter()
            .map(|mut stream| async move {
                for _ in 0..chunks() {
                    stream.next().await.unwrap().unwrap();
                }
                stream
            })
            .collect();
        let streams: Vec<_> = received.collect().await;
        say(&format!("in-flight {}", status("VmRSS")));
        let ended: FuturesUnordered<_> = streams
            .into_iter()
            .map(|stream| stream.for_each(async |chunk| drop(chunk.unwrap())))
            .collect();
        ended.collect::<()>().await;
    });
    if let Some(monitor) = &monitor {
        let mut receipt = monitor.flush_blocking(Duration::from_millis(500));
        while monitor.stats().calls.waiting > 0 {
            receipt = monitor.flush_blocking(Duration::from_millis(500));
        }
        assert!(receipt.is_conserved(), "{receipt}");
        let stats = monitor.stats();
        say(&format!(
            "account {} of them {} without bodies: {receipt}",
            stats.calls.finished, stats.calls.shed
        ));
    }
    say(&format!("peak {}", status("VmHWM")));
}

/// Returns the memory of a separate service that holds the streams, and its monitor's receipt, if it has one.
fn measured(server: &str) -> (Memory, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (address, end) = runtime.block_on(model());
    let told = [&format!("http://{address}/v1"), server];
    let mut child = start("memory::a_thousand_streams", &told);
    let (mut memory, mut account) = (
        Memory {
            in_flight: 0,
            peak: 0,
        },
        String::new(),
    );
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.split_once(' ') {
            Some(("in-flight", bytes)) => {
                memory.in_flight = bytes.parse().unwrap();
                end.send(true).unwrap();
            }
            Some(("account", text)) => text.clone_into(&mut account),
            Some(("peak", bytes)) => memory.peak = bytes.parse().unwrap(),
            _ => {}
        }
    }
    assert!(child.wait().unwrap().success());
    (memory, account)
}

#[test]
fn a_thousand_streams_in_flight_and_nobody_to_send_to_stay_within_the_bound() {
    let silent = Sink::start_on_thread().unwrap();
    silent.answer_always(SinkAnswer::hang());
    let (alone, _) = measured(NONE);
    let (monitored, account) = measured(&silent.url());
    println!("without a monitor {alone}; with one {monitored}; {account}");
    let more = monitored.peak.saturating_sub(alone.peak);
    assert!(more < BOUND + BESIDE, "{alone} / {monitored}; {account}");
    assert!(account.starts_with("1000 "), "{account}");
}
