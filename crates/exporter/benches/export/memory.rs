//! Memory while the destination is down, compared with the stock exporter.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use futures_executor::block_on;
use opentelemetry::KeyValue;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanExporter as _, SpanProcessor as _};
use spanloom_exporter::{Destination, Exporter};

use crate::{BATCH, spans};

/// The variable that makes this program one of the measured processes.
const MEASURED: &str = "SPANLOOM_BENCH_MEMORY";

/// Measures goal 13: no destination. Each run is a separate process, because used memory stays with its process.
pub(crate) fn compare() {
    for (kilobytes, pause) in [(3, 10), (64, 10), (3, 0), (64, 0)] {
        println!(
            "\nmemory with a silent destination, MiB more than before: {BATCH} spans of {kilobytes} KB at a time, {pause} ms between"
        );
        for who in ["ours", "stock"] {
            let said = Command::new(std::env::current_exe().unwrap())
                .env(MEASURED, format!("{who} {kilobytes} {pause}"))
                .output()
                .unwrap();
            print!("{}", String::from_utf8(said.stdout).unwrap());
        }
    }
}

/// Runs the measured process, if this is one.
pub(crate) fn is_measured() -> bool {
    let Ok(told) = std::env::var(MEASURED) else {
        return false;
    };
    let told: Vec<&str> = told.split(' ').collect();
    let pause = Duration::from_millis(told[2].parse().unwrap());
    hold(told[0], told[1].parse().unwrap(), pause);
    true
}

/// Runs in the measured process: 100,000 KB in spans of 3 KB, and ten times as much in the larger ones.
fn hold(who: &str, kilobytes: usize, pause: Duration) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let mut batch = spans(true);
    let long = "many words ".repeat(kilobytes * 1024 / 11);
    for span in batch.iter_mut().filter(|_| kilobytes > 3) {
        span.attributes
            .push(KeyValue::new("spanloom.request", long.clone()));
    }
    let batches = 200 * 3 / kilobytes.min(30);
    let before = resident();
    if who == "stock" {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{address}/v1/traces"))
            .build()
            .unwrap();
        let processor = BatchSpanProcessor::builder(exporter).build();
        for _ in 0..batches {
            batch.iter().for_each(|span| processor.on_end(span.clone()));
            std::thread::park_timeout(pause);
        }
        let more = resident().saturating_sub(before) >> 20;
        println!(
            "stock: {more} of {} spans; it keeps 2,048 and does not say what became of the rest",
            batches * BATCH
        );
        // Shutdown waits for the destination as long as its timeout allows.
        drop(processor.shutdown_with_timeout(Duration::from_millis(1)));
        return;
    }
    let destination = Destination::spanloom(&address).unwrap();
    let exporter = Exporter::builder("a/b/c".parse().unwrap())
        .with_destination(destination)
        .start()
        .unwrap();
    let door = exporter.span_exporter();
    for _ in 0..batches {
        for few in batch.chunks(8) {
            block_on(door.export(few.to_vec())).unwrap();
        }
        std::thread::park_timeout(pause);
    }
    let receipt = exporter.receipt();
    let more = resident().saturating_sub(before) >> 20;
    println!(
        "ours: {more} of {} spans, bound 32; {receipt}",
        receipt.received
    );
    assert!(receipt.is_conserved());
}

/// Returns the bytes of resident memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0);
    pages * 4_096
}
