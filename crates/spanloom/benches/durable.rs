//! The delay from the end of a call until it is on disk, with a spool that is always written, while calls are made back
//! to back; and the delay of a service's start.
//!
//! `cargo bench -p spanloom --bench durable`
//!
//! Last results: 2 cores AMD EPYC, shared with the model server and with builds, Rust 1.95, 2026-11-23, three runs each.
//!
//! | calls a second | median | 99 % | longest |
//! |---|---|---|---|
//! | 666 to 735 (back to back) | 3.1 to 3.4 ms | 5.8 to 6.9 ms | 7 to 12 ms |
//! | 84 to 86 | 3.1 to 3.3 ms | 5.7 to 6.1 ms | 6 to 13 ms |
//!
//! A monitor for a server on this machine starts in 0.4 ms the first time, in 0.07 ms later; one for W&B, which reads
//! certificates, in 17 ms and 3 ms.
//!
//! The contract is 50 ms for both. The caller notes the end of each call, and a second thread polls the receipt twice
//! per millisecond.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that prints, and looks now and then"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::{Destination, Monitor, Monitored as _, SpoolMode, SpoolSettings};
use spanloom_testkit::{ModelServer, Sink, SinkAnswer};

const CALLS: usize = 5_000;
const LOOK: Duration = Duration::from_micros(500);

fn main() {
    start();
    for (what, pause) in [
        ("back to back", Duration::ZERO),
        ("one each 10 ms", Duration::from_millis(10)),
    ] {
        for _ in 0..3 {
            let calls = if pause.is_zero() { CALLS } else { CALLS / 10 };
            let (mut lags, took) = lags(calls, pause);
            lags.sort();
            let at = |percent: usize| lags.get(percent * (lags.len() - 1) / 100).unwrap();
            println!(
                "{what}, {:.0} calls a second: on disk after {:.1?} (median), {:.1?} (99 %), {:.1?} at most",
                calls as f64 / took.as_secs_f64(),
                at(50),
                at(99),
                at(100),
            );
        }
    }
}

/// Measures the delay of a service's start: a monitor whose server is down, and one for W&B, unreachable from here.
fn start() {
    for address in ["http://127.0.0.1:9", Destination::WANDB] {
        let mut took: Vec<Duration> = (0..20)
            .map(|_| {
                let builder = Monitor::builder("bench/start/logs").with_server(address);
                let begun = Instant::now();
                let monitor = builder.without_spool().without_notices().start().unwrap();
                let took = begun.elapsed();
                let _receipt = monitor.shutdown_blocking(Duration::ZERO);
                took
            })
            .collect();
        let first = *took.first().unwrap();
        took.sort();
        let median = took.get(took.len() / 2).unwrap();
        println!(
            "a monitor for {address} has started after {first:.1?} the first time, {median:.1?} (median)"
        );
    }
}

/// Returns, for each call, the time from its end until as many records were on disk, and the time of all calls.
fn lags(calls: usize, pause: Duration) -> (Vec<Duration>, Duration) {
    let silent = Sink::start_on_thread().unwrap();
    silent.answer_always(SinkAnswer::hang());
    let folder = tempfile::tempdir().unwrap();
    let mut settings = SpoolSettings::new(folder.path());
    settings.mode = SpoolMode::Always;
    let monitor = Monitor::builder("bench/durable/logs")
        .with_server(&silent.url())
        .with_spool(settings)
        .without_notices()
        .start()
        .unwrap();
    let model = ModelServer::builder().start_on_thread().unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test");
    let client = Client::with_config(config).monitored(&monitor);
    let text = "What is the capital of France? ".repeat(60);
    let request = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]});

    let over = AtomicBool::new(false);
    let (ends, seen) = std::thread::scope(|scope| {
        let looker = scope.spawn(|| {
            let mut seen = Vec::with_capacity(calls);
            while seen.len() < calls && !over.load(Ordering::Relaxed) {
                let spooled = usize::try_from(monitor.stats().receipt.spooled).unwrap();
                let now = Instant::now();
                seen.resize(spooled.max(seen.len()), now);
                std::thread::sleep(LOOK);
            }
            seen
        });
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let ends = runtime.enable_all().build().unwrap().block_on(async {
            let mut ends = Vec::with_capacity(calls);
            for _ in 0..calls {
                let request = serde_json::from_value(request.clone()).unwrap();
                client.chat().create(request).await.unwrap();
                ends.push(Instant::now());
                tokio::time::sleep(pause).await;
            }
            // Far longer than the last call takes; records missing after this never arrive.
            tokio::time::sleep(Duration::from_secs(1)).await;
            over.store(true, Ordering::Relaxed);
            ends
        });
        (ends, looker.join().unwrap())
    });
    assert_eq!(seen.len(), calls, "every call is on disk");
    let first = *ends.first().unwrap();
    let took = ends.last().unwrap().duration_since(first);
    let lags = ends.iter().zip(seen);
    (
        lags.map(|(end, seen)| seen.saturating_duration_since(*end))
            .collect(),
        took,
    )
}
