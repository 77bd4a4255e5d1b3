//! The cost of a call: plain async-openai, the layer around it, and a stock OpenTelemetry span with the same content
//! and metrics, in one run. `cargo bench -p spanloom --bench call`.
//!
//! Rounds of the variants alternate, and figures are medians over the rounds. A call has four messages of 2 KB in
//! total, a stream has 200 chunks, each in a separate frame. With the layer a call's span has 25 attributes and its
//! metrics three records.
//!
//! `-- instructions` counts under callgrind instead, because times vary with the machine: see `counted`.
//!
//! Last result (2026-11-29, 2 cores AMD EPYC, shared, Rust 1.95; three runs): on the caller's thread the layer adds 2.8
//! to 2.9 us to a call with content, 0.70 to 0.77 times what the span by hand adds, 1.3 us to an unobserved call, 0.10
//! to 0.16 us to a chunk; from cold caches 6 to 8 us to a call. CPU time of the process: 14 to 17 us per call with
//! messages, 1.0 to 1.1 us per chunk. By hand it is 3.3 to 3.6 us per call, 4.0 to 5.2 times less. Pinned to one core
//! (`count` under `taskset` and `perf stat`, medians of nine), where the allocator's lock is free, bodies add 9.7 us
//! and messages 10.1, 2.5 and 2.6 times the 3.9 by hand.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a benchmark that cannot go on should say so at once"
)]

mod by_hand;
mod caller;
mod counted;
mod process;
mod transport;

use std::hint::black_box;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use futures_util::StreamExt as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use spanloom_instrumentation::{Content, GenAiLayer, GenAiLayerBuilder, Recorder};
use tokio::runtime::Builder;
use tower::Layer as _;

use by_hand::ByHand;
use caller::{Caller, Gate};
use process::{Sink, cpu};
use transport::{CHUNKS, client, request, transport};

const ROUNDS: usize = 40;
/// Rounds on the caller's thread; they leave as much waiting for the recorder as a busy service does.
const SHORT_ROUNDS: usize = 160;

async fn call(client: &Client<OpenAIConfig>) {
    black_box(client.chat().create(request()).await.unwrap());
}

async fn stream(client: &Client<OpenAIConfig>) {
    let chunks = client.chat().create_stream(request()).await.unwrap();
    assert_eq!(chunks.map(black_box).count().await, CHUNKS - 1);
}

fn layered(layer: GenAiLayerBuilder) -> Client<OpenAIConfig> {
    client().with_http_service(layer.build().layer(transport()))
}

fn dropping(sampler: Sampler, gate: Gate) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_span_processor(gate)
        .build()
}

fn exporting(sink: &str) -> SdkTracerProvider {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{sink}/v1/traces"))
        .build()
        .unwrap();
    SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build()
}

/// Returns the figure at this fraction of the sorted figures.
fn quantile(figures: &mut [f64], part: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = (figures.len() as f64 * part) as usize;
    figures[at.min(figures.len() - 1)]
}

fn median(figures: &mut [f64]) -> f64 {
    quantile(figures, 0.5)
}

/// Prints the microseconds above the plain client.
fn added(name: &str, taken: f64, plain: f64) {
    let more = taken - plain;
    println!(
        "  {name:26} {:7.2} us, added {:6.2} us",
        taken / 1e3,
        more / 1e3
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Cargo adds `--bench`.
    let arguments = arguments.iter().map(String::as_str);
    let arguments: Vec<&str> = arguments.filter(|word| !word.starts_with("--")).collect();
    match arguments.split_first() {
        Some((&"instructions", wanted)) => return counted::table(wanted),
        Some((&"count", [what, size, count, sink])) => {
            return counted::run(what, size, count.parse().unwrap(), sink);
        }
        _ => {}
    }
    let recorder = Recorder::start().unwrap();
    let meters = SdkMeterProvider::builder()
        .with_reader(ManualReader::builder().build())
        .build();
    let runtime = Builder::new_current_thread().build().unwrap();
    let plain = client().with_http_service(transport());
    on_the_callers_thread(&recorder, &meters, &runtime, &plain);
    of_the_process(&recorder, &meters, &runtime, &plain);
}

fn on_the_callers_thread(
    recorder: &Recorder,
    meters: &SdkMeterProvider,
    runtime: &tokio::runtime::Runtime,
    plain: &Client<OpenAIConfig>,
) {
    let caller = Caller {
        runtime,
        recorder,
        gate: Gate::default(),
    };
    let recording = dropping(Sampler::AlwaysOn, caller.gate.clone());
    let not = dropping(Sampler::AlwaysOff, Gate::default());
    let open = dropping(Sampler::AlwaysOn, Gate::default());
    let layer = || GenAiLayer::builder(recorder).with_meter_provider(meters);
    let both = layered(
        layer()
            .with_tracer_provider(&recording)
            .with_content(Content::Both),
    );
    let off = layered(layer().with_tracer_provider(&recording));
    let counted = layered(layer().with_tracer_provider(&not));
    let disabled = layered(layer().with_tracer_provider(&not).without_metrics());
    let by_hand = ByHand::new(plain.clone(), &open, meters);
    let stop = async || call(&both).await;
    let mut calls: [Vec<f64>; 6] = Default::default();
    let mut streams: [Vec<f64>; 2] = Default::default();
    for _ in 0..SHORT_ROUNDS {
        calls[0].extend(caller.timed(25, stop, async || call(plain).await));
        calls[1].extend(caller.timed(25, stop, async || call(&both).await));
        calls[2].extend(caller.timed(25, stop, async || call(&off).await));
        calls[3].extend(caller.timed(25, stop, async || call(&counted).await));
        calls[4].extend(caller.timed(25, stop, async || call(&disabled).await));
        calls[5].extend(caller.timed(25, stop, async || by_hand.call(request()).await));
        streams[0].extend(caller.timed(5, stop, async || stream(plain).await));
        streams[1].extend(caller.timed(5, stop, async || stream(&both).await));
    }
    let [one, many] = caller.apart(async || call(plain).await, async || call(&both).await);
    let names = [
        "plain",
        "layer, content",
        "layer, no content",
        "layer, not sampled",
        "layer, disabled",
        "span and metrics by hand",
    ];
    println!("goal 3 and 5: a call, on the caller's thread, half of the calls and 99 of 100");
    for part in [0.5, 0.99] {
        let base = quantile(&mut calls[0], part);
        for (name, figures) in names.iter().zip(&mut calls) {
            added(name, quantile(figures, part), base);
        }
    }
    let base = median(&mut calls[0]);
    let ratio = (median(&mut calls[1]) - base) / (median(&mut calls[5]) - base);
    println!("  layer to by hand: {ratio:.2}");
    println!("a call a millisecond, from cold caches");
    let [mut one, mut many] = [one, many];
    added("layer, content", median(&mut many), median(&mut one));
    println!("goal 4: a stream of {CHUNKS} chunks, on the caller's thread");
    let [base, layer] = streams.each_mut().map(|figures| median(figures));
    added("layer, content", layer, base);
    let chunks = f64::from(u32::try_from(CHUNKS).unwrap());
    println!("  per chunk {:.0} ns", (layer - base) / chunks);
}

fn of_the_process(
    recorder: &Recorder,
    meters: &SdkMeterProvider,
    runtime: &tokio::runtime::Runtime,
    plain: &Client<OpenAIConfig>,
) {
    let open = dropping(Sampler::AlwaysOn, Gate::default());
    let sink = Sink::start();
    let exporting = exporting(&sink.address);
    let layer = |spans: &SdkTracerProvider, content| {
        layered(
            GenAiLayer::builder(recorder)
                .with_meter_provider(meters)
                .with_tracer_provider(spans)
                .with_content(content),
        )
    };
    let both = layer(&open, Content::Both);
    let messages = layer(&open, Content::Messages);
    let exported = layer(&exporting, Content::Messages);
    let by_hand = ByHand::new(plain.clone(), &open, meters);
    let by_hand_exported = ByHand::new(plain.clone(), &exporting, meters);
    let settle = || {
        recorder.flush(Duration::from_secs(30)).unwrap();
        Duration::ZERO
    };
    let export = || {
        recorder.flush(Duration::from_secs(30)).unwrap();
        exporting.force_flush().unwrap();
        sink.cpu()
    };
    for concurrency in [1, 16] {
        let mut calls: [Vec<f64>; 6] = Default::default();
        for _ in 0..ROUNDS {
            let rounds = 320 / concurrency;
            calls[0].push(cpu(
                runtime,
                rounds,
                concurrency,
                async || call(plain).await,
                settle,
            ));
            calls[1].push(cpu(
                runtime,
                rounds,
                concurrency,
                async || call(&messages).await,
                settle,
            ));
            calls[2].push(cpu(
                runtime,
                rounds,
                concurrency,
                async || call(&both).await,
                settle,
            ));
            calls[3].push(cpu(
                runtime,
                rounds,
                concurrency,
                async || by_hand.call(request()).await,
                settle,
            ));
            calls[4].push(cpu(
                runtime,
                rounds,
                concurrency,
                async || call(&exported).await,
                export,
            ));
            calls[5].push(cpu(
                runtime,
                rounds,
                concurrency,
                async || by_hand_exported.call(request()).await,
                export,
            ));
        }
        let figures = calls.each_mut().map(|figures| median(figures));
        println!("goal 1 and 2: CPU time of the process, {concurrency} calls at once");
        let names = [
            "plain",
            "layer, messages",
            "layer, messages and bodies",
            "by hand",
            "layer, OTLP",
            "by hand, OTLP",
        ];
        for (name, figure) in names.iter().zip(figures) {
            added(name, figure, figures[0]);
        }
        let ratio = |a: usize, b: usize| (figures[a] - figures[0]) / (figures[b] - figures[0]);
        println!(
            "  layer to by hand: {:.2}, with OTLP {:.2}",
            ratio(1, 3),
            ratio(4, 5)
        );
    }
    let mut streams: [Vec<f64>; 2] = Default::default();
    for _ in 0..ROUNDS {
        let plainly = async || stream(plain).await;
        let observed = async || stream(&messages).await;
        streams[0].push(cpu(runtime, 40, 1, plainly, settle));
        streams[1].push(cpu(runtime, 40, 1, observed, settle));
    }
    let [base, layer] = streams.each_mut().map(|figures| median(figures));
    println!("goal 4: CPU time of the process, a stream of {CHUNKS} chunks");
    added("layer, messages", layer, base);
    let chunks = f64::from(u32::try_from(CHUNKS).unwrap());
    println!("  per chunk {:.0} ns", (layer - base) / chunks);
}
