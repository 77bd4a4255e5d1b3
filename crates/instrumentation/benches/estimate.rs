//! The recorder's cost of a token estimate: ordinary text, and text designed to be slow.
//!
//! ```console
//! $ cargo bench -p spanloom-instrumentation --bench estimate
//! ```
//!
//! Last result, 2026-11-29, 2 cores shared with other work, tiktoken-rs 0.12.1; medians of nine:
//!
//! ```text
//! first use, tokenizer loaded           134.5ms
//! 2250 bytes of English                   53.0µs
//! 4 MiB of equal letters                   3.7ms
//! 4 MiB of spaces                          1.1ms
//! 4 MiB of line ends                      30.0ms   most of it is reading the JSON's escapes
//! 4 MiB of emoji                           3.1ms
//! 4 MiB of base64                          3.1ms
//! 4 MiB of digits                          2.6ms
//! 4 MiB of one long word                   2.0ms
//! 4 MiB of Chinese                         3.6ms
//! 4 MiB of combining marks                 3.5ms
//! 4 MiB of words                           1.1ms
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement, for people to read"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::json;
use spanloom_core::Endpoint;
use spanloom_core::json::Document;
// The estimate is not part of the public interface, so its source is measured directly.
#[path = "../src/estimate/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "the module's tests are compiled here but not run"
)]
mod estimate;

/// The size of a hostile text, in bytes.
const LENGTH: usize = 4 << 20;

fn main() {
    let load = Instant::now();
    measure_once("user: hello");
    println!(
        "first use, tokenizer loaded        {:>10.1?}",
        load.elapsed()
    );

    let words = "The quick brown fox jumps over the lazy dog. ".repeat(50);
    println!(
        "{} bytes of English               {:>10.1?}",
        words.len(),
        median(&words)
    );
    for (name, unit) in [
        ("equal letters", "a"),
        ("spaces", " "),
        ("line ends", "\n"),
        ("emoji", "🦀"),
        ("base64", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo/"),
        ("digits", "7"),
        ("one long word", "Donaudampfschiff"),
        ("Chinese", "漢字仮名"),
        ("combining marks", "\u{301}"),
        ("words", "the quick brown fox "),
    ] {
        let text = unit.repeat(LENGTH / unit.len());
        println!("4 MiB of {name:<24} {:>12.1?}", median(&text));
    }
}

fn median(text: &str) -> Duration {
    let mut times = (0..9).map(|_| measure_once(text)).collect::<Vec<_>>();
    times.sort();
    times.get(times.len() / 2).copied().unwrap()
}

/// Measures one request with the text as its prompt, including reading the JSON.
fn measure_once(text: &str) -> Duration {
    let request = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]});
    let request = request.to_string();
    let begun = Instant::now();
    let [request, answer] = [request.as_bytes(), &b""[..]].map(Document::read);
    let usage = estimate::usage(
        Endpoint::ChatCompletions,
        request.root(),
        Some("gpt-4o"),
        answer.root(),
        "Hello!",
        true,
    );
    let took = begun.elapsed();
    assert!(black_box(usage).input_tokens.is_some());
    took
}
