//! The fuzz targets on stable Rust, bounded: every seed unchanged, then mutations of seeds, the same in every run.
//!
//! Seeds are the recorded exchanges, requests and answers, and malformed inputs. `SPANLOOM_FUZZ_RUNS` sets the number
//! of mutations for each target (default 2,000). They are not guided by coverage; those of libFuzzer, in the package in
//! this folder, are.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

#[path = "src/lib.rs"]
#[expect(unreachable_pub, reason = "public in the package of its own")]
mod targets;

use std::path::Path;
use std::{env, fs, panic};

use serde_json::Value;

const NASTY: &[&[u8]] = &[
    b"",
    b"\xef\xbb\xbf",
    // A secret after an escaped line end, which was once missed.
    b"{\nAKIAIOSFODNN7EXAMPLE",
    b"data",
    b"data:\r\rdata: [DONE]\r\r",
    b"data: {\ndata: \"choices\":[]}\n\ndata: [DONE]",
    b"data: {\"choices\":[{\"index\":18446744073709551615,\"delta\":{\"content\":\"a\"}}]}\n\n",
    b"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":99999999,\"function\":{\"arguments\":\"{\"}}]}}]}\n\n",
    b"data: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"}}]}\n\n",
    b"data: {\"error\":\"text\"}\n\ndata: {\"error\":{\"message\":null}}\n\n",
    b"{\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":1e308}}",
    b"{\"model\":\"a\",\"model\":\"b\"}",
    b"{\"messages\":[{\"content\":[{\"type\":1}]},null,[]]}",
    b"{\"usage\":{\"prompt_tokens\":18446744073709551616}}",
    b"-----BEGIN RSA PRIVATE KEY-----\\nMII\\\"",
    b"Bearer sk-Bearer sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"openai/ft:gpt-4o-mini-2024-07-18:acme::abc",
    b"groq/llama-3.3-70b-versatile",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

/// Fragments that the readers look for.
const WORDS: &[&[u8]] = &[
    b"data: ",
    b"\n\n",
    b"\r\n",
    b"\r",
    b"[DONE]",
    b"\"choices\":",
    b"\"delta\":",
    b"\"content\":\"",
    b"\"index\":",
    b"\"tool_calls\":[{",
    b"\"usage\":{",
    b"\"model\":\"",
    b"null",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\u0000",
    b"\"",
    b"\\",
    b"sk-",
    b"eyJ",
    b"-----BEGIN ",
    b"PRIVATE KEY-----",
    b"\xf0\x9f\x99\x82",
    b"\xff",
    b"18446744073709551615",
    b"-1",
    b"response.completed",
    b"\"error\":",
];

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = NASTY.iter().map(|seed| seed.to_vec()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("calls/exchanges");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| !path.to_str().unwrap().ends_with(".snap.json"));
    files.sort();
    for file in files {
        let exchange: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        seeds.push(exchange["request"]["body"].to_string().into_bytes());
        let chunks = exchange["response"]["chunks"].as_array().unwrap();
        let body: Vec<u8> = chunks
            .iter()
            .flat_map(|chunk| match chunk {
                Value::String(text) => text.clone().into_bytes(),
                numbers => serde_json::from_value(numbers.clone()).unwrap(),
            })
            .collect();
        seeds.push(body);
    }
    seeds
}

/// Marsaglia's xorshift: sufficient for random choices, and the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end.max(1)
    }
}

fn mutate(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(6) {
        let at = dice.below(bytes.len() + 1);
        let end = at + dice.below((bytes.len() - at).min(64) + 1);
        match dice.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.insert(at, u8::try_from(dice.below(256)).unwrap()),
            3 => drop(bytes.splice(at..at, WORDS[dice.below(WORDS.len())].iter().copied())),
            4 => drop(
                bytes.splice(
                    at..end,
                    other
                        .iter()
                        .copied()
                        .skip(dice.below(other.len()))
                        .take(200),
                ),
            ),
            5 => {
                let again = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, again));
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
    }
    bytes
}

/// Runs a target, and reports the failing input.
fn run(name: &str, target: fn(&[u8]), input: &[u8]) {
    if let Err(panic) = panic::catch_unwind(|| target(input)) {
        eprintln!(
            "target {name} failed on {:?}",
            input.escape_ascii().to_string()
        );
        panic::resume_unwind(panic);
    }
}

#[test]
fn every_target_holds_on_seeds_and_their_mutations() {
    let runs = env::var("SPANLOOM_FUZZ_RUNS").map_or(2_000, |runs| runs.parse().unwrap());
    let seeds = seeds();
    assert!(seeds.len() > 150);
    if let Some(folder) = env::var_os("SPANLOOM_FUZZ_CORPUS") {
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(Path::new(&folder).join(format!("seed-{number:03}")), seed).unwrap();
        }
    }
    for (name, target) in targets::TARGETS {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for seed in &seeds {
            run(name, *target, seed);
        }
        for _ in 0..runs {
            let (seed, other) = (
                &seeds[dice.below(seeds.len())],
                &seeds[dice.below(seeds.len())],
            );
            run(name, *target, &mutate(seed, other, &mut dice));
        }
    }
}

#[test]
fn a_target_that_fails_is_seen() {
    let caught = panic::catch_unwind(|| run("broken", |bytes| assert!(bytes.is_empty()), b"x"));
    assert!(caught.is_err());
}
