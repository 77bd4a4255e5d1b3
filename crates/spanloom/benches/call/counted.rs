//! Instructions and allocations of a call, which, unlike times, are the same in every run:
//! `cargo bench -p spanloom --bench call -- instructions [variant …]`. Needs valgrind.
//!
//! Last result (2026-11-29; the commit before this bench, 65a8cd2, in brackets), instructions above plain async-openai:
//!
//! | variant | 2 KB | 64 KB | 1 MB |
//! |---|---|---|---|
//! | span by hand | 51 k | 692 k | 12.3 M |
//! | by hand, with the scan for secrets | 72 k | 1,272 k | 20.5 M |
//! | bodies | 114 k (105) | 898 k (879) | 10.9 M (15.2) |
//! | messages | 112 k (142) | 1,246 k (1,939) | 12.1 M (39.1) |
//! | both | 155 k (176) | 1,886 k | 20.8 M (50.7) |
//! | by hand, stock OTLP | 87 k | 887 k | 14.4 M |
//! | messages, stock OTLP | 160 k (189) | 1,441 k | |
//! | a monitor to a server | 268 k (245) | 1,538 k (1,516) | |
//! | a monitor to a collector | 128 k (158) | 1,410 k (2,088) | |
//! | a call that is not recorded | 11.2 k (10.7) | 13.7 k | 1.0 M (1.0) |
//! | a chunk of a stream, messages | 11.2 k (19.7) | | |
//!
//! At noon of that day, before secrets were looked for after names, a call with bodies took 97 k, one with messages 104 k
//! and one with a picture of 1 MB 13.3 M, for pictures were scanned.
//!
//! On the morning of that day, before the answers of every provider and the words of every instrumentation were read,
//! a call with bodies took 94 k, one with messages 101 k, and a monitor to a server 234 k: the mapping now looks for
//! more names of attributes in each span.
//!
//! Stages at 2 KB: the request's tokens 8.6 k, its parameters 2.8 k (11.7 with a separate read), its messages 9.2 k
//! (34.2), its scan 16.5 k (16.6), the answer 5.4 k (14.8), its messages 3.4 k (12.6); assembling a chunk 7.3 k (13.9).
//!
//! The million instructions of an unobserved call with 1 MB are one copy of the body, made when the allocator has no
//! room to grow `serde_json`'s text; without the layer the heap has a different layout.
//!
//! Each variant runs in separate processes under callgrind, with few calls and with more: the difference, divided by
//! the number of calls, is the cost of one call on all threads, without the startup.

use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use futures_util::StreamExt as _;
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use spanloom::Monitor;
use spanloom_core::content::{ContentPolicy, Place};
use spanloom_core::json::Document;
use spanloom_core::{Endpoint, message, openai};
use spanloom_instrumentation::{Content, GenAiLayer, Recorder};
use tokio::runtime::Builder;
use tower::Layer as _;

use crate::by_hand::ByHand;
use crate::caller::Gate;
use crate::process::Sink;
use crate::transport::{CHUNKS, Size, answer, client, request_of, stream, transport};
use crate::{dropping, exporting, layered};

/// Whole calls, then streams, then the recorder's work on a body.
const CALLS: &[&str] = &[
    "plain",
    "by-hand",
    "by-hand-scan",
    "disabled",
    "bodies",
    "messages",
    "both",
    "by-hand-otlp",
    "messages-otlp",
    "monitor",
    "monitor-collector",
];
const STREAMS: &[&str] = &["stream-plain", "stream-messages", "stream-bodies"];
const STAGES: &[&str] = &[
    "tokens",
    "read-request",
    "write-prompt",
    "scan-request",
    "hide-credentials",
    "read-answer",
    "write-answer",
    "assemble",
];

#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    instructions: f64,
    allocations: f64,
    allocated: f64,
}

/// Prints the table of the named variants, or of all when none is named.
pub(crate) fn table(wanted: &[&str]) {
    let sink = Sink::start();
    println!(
        "{:20} {:>5} {:>14} {:>14} {:>12} {:>14}",
        "", "", "instructions", "beside plain", "allocations", "bytes"
    );
    for size in Size::ALL {
        let [mut plain, mut by_hand] = [0.0; 2];
        for name in CALLS.iter().chain(STREAMS).chain(STAGES) {
            let is_stream = STREAMS.contains(name);
            if (is_stream || *name == "assemble") && size.name() != Size::Small.name() {
                continue;
            }
            let is_base = name.ends_with("plain") || name.starts_with("by-hand");
            if !wanted.is_empty() && !wanted.contains(name) && !is_base {
                continue;
            }
            let cost = cost(name, size, &sink.address);
            if name.ends_with("plain") {
                plain = cost.instructions;
            } else if name.starts_with("by-hand") {
                by_hand = cost.instructions - plain;
            }
            let more = match STAGES.contains(name) {
                true => String::new(),
                false => format!("{:.0}", cost.instructions - plain),
            };
            let ratio = match name.contains("plain") || is_stream || STAGES.contains(name) {
                true => String::new(),
                false => format!(
                    " {:5.2} times the last by hand",
                    (cost.instructions - plain) / by_hand
                ),
            };
            println!(
                "{name:20} {:>5} {:14.0} {more:>14} {:12.0} {:14.0}{ratio}",
                size.name(),
                cost.instructions,
                cost.allocations,
                cost.allocated
            );
        }
    }
}

fn cost(name: &str, size: Size, sink: &str) -> Cost {
    let few: u32 = match size {
        Size::Small => 100,
        Size::Long => 40,
        Size::Picture => 10,
    };
    let [one, more] = [few, 3 * few].map(|count| measured(name, size, count, sink));
    let of = |one: u64, more: u64| (more as f64 - one as f64) / f64::from(2 * few);
    Cost {
        instructions: of(one[0], more[0]),
        allocations: of(one[1], more[1]),
        allocated: of(one[2], more[2]),
    }
}

/// Returns the instructions, allocations and allocated bytes of a process that makes `count` calls.
fn measured(name: &str, size: Size, count: u32, sink: &str) -> [u64; 3] {
    let run = |tool: &str, out: &str| {
        let output = Command::new("valgrind")
            .args([tool, out])
            .arg(std::env::current_exe().unwrap())
            .args(["count", name, size.name(), &count.to_string(), sink])
            .output()
            .expect("valgrind is installed");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{name}: {text}");
        text
    };
    let numbers = |text: &str, label: &str| -> Vec<u64> {
        let line = text.lines().find_map(|line| line.split_once(label));
        let words = line.unwrap().1.split_whitespace();
        words
            .flat_map(|word| word.replace(',', "").parse())
            .collect()
    };
    let counted = run("--tool=callgrind", "--callgrind-out-file=/dev/null");
    let allocated = run("--tool=dhat", "--dhat-out-file=/dev/null");
    let [instructions] = numbers(&counted, "Collected :")[..] else {
        panic!("{counted}");
    };
    let [bytes, blocks] = numbers(&allocated, "Total:")[..] else {
        panic!("{allocated}");
    };
    [instructions, blocks, bytes]
}

/// Makes `count` calls of a variant.
pub(crate) fn run(name: &str, size: &str, count: u32, sink: &str) {
    let size = Size::ALL.into_iter().find(|one| one.name() == size);
    variant(name, size.unwrap(), count, sink);
}

fn variant(name: &str, size: Size, count: u32, sink: &str) {
    let recorder = Recorder::start().unwrap();
    let meters = SdkMeterProvider::builder()
        .with_reader(ManualReader::builder().build())
        .build();
    let plain = client().with_http_service(transport());
    let open = || dropping(Sampler::AlwaysOn, Gate::default());
    let layer = |spans: &SdkTracerProvider, content| {
        layered(
            GenAiLayer::builder(&recorder)
                .with_meter_provider(&meters)
                .with_tracer_provider(spans)
                .with_content(content),
        )
    };
    let request = request_of(size);
    match name {
        "plain" => calls(&plain, size, count),
        "stream-plain" => streams(&plain, count),
        "by-hand" => by_hand(&ByHand::new(plain, &open(), &meters), size, count),
        "by-hand-scan" => by_hand(
            &ByHand::new(plain, &open(), &meters).with_scan(),
            size,
            count,
        ),
        "by-hand-otlp" => {
            let spans = exporting(sink);
            by_hand(&ByHand::new(plain, &spans, &meters), size, count);
            spans.force_flush().unwrap();
        }
        "disabled" => {
            let off = dropping(Sampler::AlwaysOff, Gate::default());
            let layer = GenAiLayer::builder(&recorder).with_tracer_provider(&off);
            calls(&layered(layer.without_metrics()), size, count);
        }
        "bodies" => calls(&layer(&open(), Content::Bodies), size, count),
        "messages" => calls(&layer(&open(), Content::Messages), size, count),
        "both" => calls(&layer(&open(), Content::Both), size, count),
        "stream-messages" => streams(&layer(&open(), Content::Messages), count),
        "stream-bodies" => streams(&layer(&open(), Content::Bodies), count),
        "messages-otlp" => {
            let spans = exporting(sink);
            calls(&layer(&spans, Content::Messages), size, count);
            recorder.flush(Duration::from_secs(100)).unwrap();
            spans.force_flush().unwrap();
        }
        "monitor" | "monitor-collector" => monitored(name, size, count, sink),
        other => stage(other, &serde_json::to_vec(&request).unwrap(), count),
    }
    recorder.flush(Duration::from_secs(100)).unwrap();
}

fn monitored(name: &str, size: Size, count: u32, sink: &str) {
    let builder = Monitor::builder("bench/cost/calls")
        .without_spool()
        .without_notices();
    let builder = match name {
        "monitor" => builder.with_server(sink),
        _ => builder.with_collector(sink),
    };
    let monitor = builder.start().unwrap();
    let layer = monitor.instrumentation().unwrap();
    let client = client().with_http_service(layer.layer(transport()));
    calls(&client, size, count);
    let receipt = monitor.shutdown_blocking(Duration::from_secs(100));
    assert!(receipt.is_complete(), "{receipt}");
}

fn block_on(future: impl Future<Output = ()>) {
    Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future);
}

fn calls(client: &Client<OpenAIConfig>, size: Size, count: u32) {
    let request = request_of(size);
    block_on(async {
        for _ in 0..count {
            black_box(client.chat().create(request.clone()).await.unwrap());
        }
    });
}

fn by_hand(by_hand: &ByHand, size: Size, count: u32) {
    let request = request_of(size);
    block_on(async {
        for _ in 0..count {
            by_hand.call(request.clone()).await;
        }
    });
}

fn streams(client: &Client<OpenAIConfig>, count: u32) {
    let request = request_of(Size::Small);
    block_on(async {
        for _ in 0..count {
            let chunks = client.chat().create_stream(request.clone()).await.unwrap();
            assert_eq!(chunks.map(black_box).count().await, CHUNKS - 1);
        }
    });
}

/// Runs one step of the recorder's work on a body.
fn stage(name: &str, body: &[u8], count: u32) {
    let chat = Endpoint::ChatCompletions;
    let policy = ContentPolicy::default();
    let (answer, stream) = (answer(), stream().concat());
    let [asked, answered] = [body, &answer].map(Document::read);
    let text = std::str::from_utf8(body).unwrap();
    let one = || match name {
        "tokens" => drop(black_box(Document::read(body))),
        "read-request" => drop(black_box(openai::request(asked.root()))),
        "write-prompt" => {
            let prompt = openai::prompt_content(chat, asked.root());
            drop(black_box(message::to_json(&prompt.input_messages)));
        }
        "scan-request" => drop(black_box(policy.apply(Place::Request, text))),
        "hide-credentials" => drop(black_box(openai::without_credentials(text))),
        "read-answer" => drop(black_box(openai::response(chat, answered.root()))),
        "write-answer" => {
            let answer = openai::output_messages(chat, answered.root());
            drop(black_box(message::to_json(&answer)));
        }
        "assemble" => drop(black_box(openai::assemble(chat, &stream))),
        other => panic!("no variant {other}"),
    };
    (0..count).for_each(|_| one());
}
