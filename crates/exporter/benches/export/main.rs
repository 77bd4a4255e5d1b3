//! The cost of exporting: CPU time per span of the whole process without its sink, compared with the stock exporter in
//! the same run; records compared with a tree of values; and memory while the destination is down.
//!
//! `cargo bench -p spanloom-exporter`
//!
//! Last results: 2 cores AMD EPYC, shared, Rust 1.95, 2026-11-23, three runs. Microseconds of CPU per span or call.
//!
//! | | ours | peer | ratio | goal |
//! |---|---|---|---|---|
//! | OTLP, gzip (ours level 1, stock 6) | 7.4 to 8.7, 115 to 135 k/s/core | 8.3 to 9.1 | 0.84 to 0.96 | 100 k/s/core |
//! | OTLP, not compressed | 6.1 to 7.0 | 5.8 to 7.1 | 0.98 to 1.08 | |
//! | record to JSON | 1.39 to 1.44 | 11.2 to 12.3 (a tree) | 0.12 to 0.13 | 1.5 |
//! | span to record to JSON | 11.9 to 12.2 | | | |
//! | memory, silent destination, 102,400 spans of 3 KB | 45 to 47 MiB, 8,750 kept | 13 MiB, 2,048 kept | | bound 32 MiB, and 24 besides |
//! | the same, 10,240 spans of 64 KB | 73 to 91 MiB, 495 kept | 206 MiB, 2,048 kept | 0.35 to 0.44 | |
//! | the same without a pause, 3 KB and 64 KB | 56 to 67 and 70 to 91 MiB | 14 to 15 and 206 | | |
//!
//! Memory is that of a separate process. Memory above the bound is a request in progress, and what the allocator keeps
//! of spans that arrived faster than they were turned into records.
//!
//! With flate2's own compressor gzip took 12.0 (9.0 with zlib-rs), and the stock exporter 20.6 (11.5 with zlib-rs).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a program that prints"
)]

mod memory;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_executor::block_on;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_otlp::{Compression, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use spanloom_core::mapping::{self, SpanStatus};
use spanloom_core::{Record, Timestamp};
use spanloom_exporter::{Destination, Exporter, Limits};
use spanloom_testkit::SpanRecorder;

const BATCH: usize = 512;
const BATCHES: usize = 40;
const RUNS: usize = 5;

fn main() {
    if memory::is_measured() {
        return;
    }
    otlp();
    records();
    memory::compare();
}

/// Measures goal 6: 512 spans of 3 KB per request, with gzip.
fn otlp() {
    let batch = spans(false);
    let sink = Sink::start();
    println!(
        "\nOTLP over HTTP, {BATCH} spans of {} bytes a request: us of CPU per span",
        size(&batch)
    );
    for compressed in [true, false] {
        let ours = || {
            let mut limits = Limits::default();
            limits.queue_bytes = 1 << 30;
            let destination = Destination::otlp_http(&sink.address).unwrap();
            let destination = destination.with_compression(compressed).with_limits(limits);
            let exporter = Exporter::builder("a/b/c".parse().unwrap())
                .with_destination(destination)
                .start()
                .unwrap();
            let door = exporter.span_exporter();
            let work: Vec<_> = (0..BATCHES).map(|_| batch.clone()).collect();
            let taken = sink.cpu(|| {
                for one in work {
                    block_on(door.export(one)).unwrap();
                }
                assert!(exporter.flush(Duration::from_secs(60)).is_complete());
            });
            assert!(exporter.shutdown(Duration::ZERO).is_complete());
            taken
        };
        let stock = || {
            let builder = opentelemetry_otlp::SpanExporter::builder()
                .with_http()
                .with_endpoint(format!("{}/v1/traces", sink.address));
            let builder = match compressed {
                true => builder.with_compression(Compression::Gzip),
                false => builder,
            };
            let mut exporter = builder.build().unwrap();
            exporter.set_resource(&Resource::builder().build());
            let work: Vec<_> = (0..BATCHES).map(|_| batch.clone()).collect();
            sink.cpu(|| {
                for one in work {
                    block_on(exporter.export(one)).unwrap();
                }
            })
        };
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            own.push(ours());
            others.push(stock());
        }
        let name = if compressed {
            "gzip (ours level 1, stock 6)"
        } else {
            "not compressed"
        };
        compare(name, "stock exporter", median(own), median(others));
    }
}

/// Measures goal 7: one call of 3.8 KB to JSON.
fn records() {
    let span = spans(true).remove(0);
    let stream = "acme/chatbot/logs".parse().unwrap();
    let mapped = || {
        mapping::record(
            mapping_span(&span),
            &mapping::Attributes::default(),
            &stream,
        )
    };
    let record: Record = mapped();
    println!(
        "\nrecords of {} bytes: us of CPU per call",
        record.to_json().unwrap().len()
    );
    let spliced = median_of(|| drop(record.to_json().unwrap()));
    let tree = median_of(|| {
        let tree = serde_json::to_value(&record).unwrap();
        drop(serde_json::to_vec(&tree).unwrap());
    });
    compare("record to JSON", "tree of values", spliced, tree);
    let whole = median_of(|| drop(mapped().to_json().unwrap()));
    println!("span to record to JSON, copies of the span included: {whole:.2}");
}

fn compare(what: &str, peer: &str, ours: f64, theirs: f64) {
    println!(
        "{what}: {ours:.2}, {peer}: {theirs:.2}, ratio {:.2}; {:.0} k a second and core",
        ours / theirs,
        1e3 / ours
    );
}

/// Returns spans of a call of about 3 KB: with the provider's own bodies, as for records, or with messages.
fn spans(bodies: bool) -> Vec<SpanData> {
    let recorder = SpanRecorder::new();
    let provider = recorder.provider();
    let tracer = provider.tracer(spanloom_core::semconv::SCOPE);
    // Words rather than one letter, so that the text compresses like a prompt.
    let words: Vec<String> = (0..230_u32)
        .map(|n| format!("word{}", n.wrapping_mul(2_654_435_761) >> 18))
        .collect();
    let (asked, answered) = words.split_at(170);
    let (asked, answered) = (asked.join(" "), answered.join(" "));
    for index in 0..BATCH {
        let mut span = tracer.start("chat gpt-4o-mini");
        let text = |name: &'static str, value: String| KeyValue::new(name, value);
        span.set_attributes([
            text("gen_ai.operation.name", "chat".into()),
            text("gen_ai.provider.name", "openai".into()),
            text("gen_ai.request.model", "gpt-4o-mini".into()),
            text("gen_ai.response.model", "gpt-4o-mini-2024-07-18".into()),
            text("gen_ai.response.id", format!("chatcmpl-{index:08}")),
            text("openai.api.type", "chat_completions".into()),
            text("server.address", "api.openai.com".into()),
            text("spanloom.outcome", "completed".into()),
            text("spanloom.cost.source", "priced".into()),
            text("spanloom.price.date", "2026-11-10".into()),
            text("spanloom.usage.source", "reported".into()),
            text(
                "spanloom.attributes",
                r#"{"tenant":"blue","feature":"search"}"#.into(),
            ),
            KeyValue::new("server.port", 443),
            KeyValue::new("gen_ai.usage.input_tokens", 512),
            KeyValue::new("gen_ai.usage.output_tokens", 128),
            KeyValue::new("gen_ai.request.temperature", 0.2),
            KeyValue::new("gen_ai.request.max_tokens", 400),
            KeyValue::new("spanloom.attempts", 1),
            KeyValue::new("spanloom.cost.total_usd", 0.000_153_6),
            KeyValue::new("spanloom.cost.input_usd", 0.000_076_8),
            KeyValue::new("spanloom.cost.output_usd", 0.000_076_8),
            KeyValue::new(
                "gen_ai.response.finish_reasons",
                Value::Array(Array::String(vec![StringValue::from("stop")])),
            ),
        ]);
        if bodies {
            let request = json!({"model": "gpt-4o-mini", "temperature": 0.2, "max_tokens": 400, "messages": [
                {"role": "system", "content": "Be brief."}, {"role": "user", "content": format!("{index} {asked}")}]});
            let response = json!({"id": format!("chatcmpl-{index:08}"), "object": "chat.completion", "created": 1, "model":
                "gpt-4o-mini-2024-07-18", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant",
                "content": answered}}], "usage": {"prompt_tokens": 512, "completion_tokens": 128, "total_tokens": 640}});
            span.set_attribute(text("spanloom.request", request.to_string()));
            span.set_attribute(text("spanloom.response", response.to_string()));
        } else {
            let message = |role: &str, content: &str| {
                json!([{"role": role, "parts": [{"type": "text", "content": content}]}]).to_string()
            };
            span.set_attribute(text(
                "gen_ai.input.messages",
                message("user", &format!("{index} {asked}")),
            ));
            span.set_attribute(text(
                "gen_ai.output.messages",
                message("assistant", &answered),
            ));
        }
        span.end();
    }
    recorder.spans()
}

fn size(spans: &[SpanData]) -> usize {
    let text = |value: &Value| value.as_str().len();
    spans
        .first()
        .unwrap()
        .attributes
        .iter()
        .map(|it| it.key.as_str().len() + text(&it.value))
        .sum()
}

fn mapping_span(span: &SpanData) -> mapping::Span {
    let json = |value: &Value| match value {
        Value::I64(number) => json!(number),
        Value::F64(number) => json!(number),
        Value::String(text) => json!(text.as_str()),
        _ => json!(["stop"]),
    };
    mapping::Span {
        name: span.name.to_string(),
        trace_id: span.span_context.trace_id().to_string(),
        span_id: span.span_context.span_id().to_string(),
        parent_id: None,
        started_at: Timestamp::from(span.start_time),
        ended_at: Timestamp::from(span.end_time),
        status: SpanStatus::Unset,
        attributes: span
            .attributes
            .iter()
            .map(|it| (it.key.to_string(), json(&it.value)))
            .collect(),
        ..mapping::Span::default()
    }
}

/// Returns the median CPU time of many runs, in microseconds.
fn median_of(work: impl Fn()) -> f64 {
    const TIMES: u32 = 2_000;
    median(
        (0..RUNS)
            .map(|_| {
                let begun = clock();
                for _ in 0..TIMES {
                    work();
                }
                (clock() - begun).as_secs_f64() * 1e6 / f64::from(TIMES)
            })
            .collect(),
    )
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn clock() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}

/// Answers every request with an empty object, and measures its own CPU time.
struct Sink {
    address: String,
    nanos: Arc<AtomicU64>,
}

impl Sink {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let nanos = Arc::<AtomicU64>::default();
        let spent = Arc::clone(&nanos);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let spent = Arc::clone(&spent);
                std::thread::spawn(move || answer(connection.unwrap(), &spent));
            }
        });
        Self { address, nanos }
    }

    /// Returns microseconds of CPU time per span, without the sink's.
    fn cpu(&self, work: impl FnOnce()) -> f64 {
        let (begun, elsewhere) = (clock(), self.nanos.load(Ordering::Acquire));
        let wall = Instant::now();
        work();
        let elsewhere = self.nanos.load(Ordering::Acquire) - elsewhere;
        let taken = clock() - begun - Duration::from_nanos(elsewhere);
        assert!(wall.elapsed() > Duration::ZERO);
        taken.as_secs_f64() * 1e6 / f64::from(u32::try_from(BATCH * BATCHES).unwrap())
    }
}

fn answer(mut connection: TcpStream, spent: &AtomicU64) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let own = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(
            time.tv_sec.try_into().unwrap(),
            time.tv_nsec.try_into().unwrap(),
        )
    };
    let mut line = String::new();
    loop {
        let begun = own();
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let header = line.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).unwrap();
        spent.fetch_add(
            u64::try_from((own() - begun).as_nanos()).unwrap(),
            Ordering::Release,
        );
        let said = connection.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
        );
        if said.is_err() {
            return;
        }
    }
}
