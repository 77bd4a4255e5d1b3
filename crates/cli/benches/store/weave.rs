//! Requests of complete calls, as W&B's clients send them.

use serde_json::{Value, json};

use crate::SPANS;
use crate::load::{LAST_START_MS, MODELS, Random, text, words};

/// The different requests; ids are new in each one sent.
const TEMPLATES: usize = 16;
/// The digits of an id that are new in each request.
const DIGITS: usize = 16;

/// A request, and the places of the ids in it.
struct Template {
    bytes: Vec<u8>,
    places: Vec<usize>,
}

pub(crate) struct WeaveLoad(Vec<Template>);

impl WeaveLoad {
    pub(crate) fn new() -> Self {
        let (mut random, words) = (Random(43), words(4_000));
        let systems: Vec<String> = (0..40).map(|_| text(&mut random, &words, 700)).collect();
        let template = |_| template(&mut random, &words, &systems);
        Self((0..TEMPLATES).map(template).collect())
    }

    pub(crate) fn bytes_per_call(&self) -> usize {
        self.0[0].bytes.len() / SPANS
    }

    pub(crate) fn request(&self, number: usize) -> Vec<u8> {
        let template = &self.0[number % TEMPLATES];
        let mut bytes = template.bytes.clone();
        let mut random = Random(number as u64 * 2 + 1);
        for place in &template.places {
            let id = format!("{:016x}", random.next());
            bytes[*place..*place + DIGITS].copy_from_slice(id.as_bytes());
        }
        bytes
    }
}

fn template(random: &mut Random, words: &[String], systems: &[String]) -> Template {
    let mark = "0".repeat(DIGITS);
    let calls = (0..SPANS).map(|_| call(random, words, systems, &mark));
    let bytes = json!({"batch": calls.collect::<Vec<Value>>()})
        .to_string()
        .into_bytes();
    let name = format!("\"id\":\"{mark}");
    let mut places = Vec::new();
    let mut from = 0;
    let find = |from: usize| {
        let mut windows = bytes[from..].windows(name.len());
        windows.position(|window| window == name.as_bytes())
    };
    while let Some(at) = find(from) {
        from += at + name.len();
        places.push(from - DIGITS);
    }
    Template { bytes, places }
}

fn call(random: &mut Random, words: &[String], systems: &[String], mark: &str) -> Value {
    let model = MODELS[random.skewed(12) as usize];
    let started_at = LAST_START_MS - random.below(86_400_000);
    let time = |ms: u64| spanloom_core::Timestamp::from_nanos(ms as i64 * 1_000_000);
    let (user, answer) = (text(random, words, 900), text(random, words, 500));
    json!({
        "project_id": "acme/weave", "id": format!("{mark}-0000-7000-8000"), "trace_id": format!("t{}", random.next()),
        "op_name": "weave:///acme/weave/op/openai.chat.completions.create:*",
        "started_at": time(started_at), "ended_at": time(started_at + 200 + random.skewed(20_000)),
        "attributes": {"weave": {"client_version": "0.52.43", "source": "python-sdk"}, "tenant": format!("tenant-{}", random.skewed(50))},
        "inputs": {"model": model, "messages": [
            {"role": "system", "content": systems[random.skewed(40) as usize]},
            {"role": "user", "content": user},
        ]},
        "output": {"id": "chatcmpl-1", "object": "chat.completion", "model": model, "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}},
        ]},
        "summary": {"usage": {model: {
            "requests": 1, "prompt_tokens": 300 + random.below(400), "completion_tokens": 50 + random.skewed(700),
        }}},
    })
}
