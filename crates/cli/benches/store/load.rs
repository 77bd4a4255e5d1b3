//! Requests of realistic calls: many models, streams, errors, attributes of few and of many values, conversations.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message as _;

use crate::SPANS;

/// The start of the last call, in milliseconds since the epoch.
pub(crate) const LAST_START_MS: u64 = 1_763_848_000_000;
/// The time that the calls span.
const WEEK_MS: u64 = 7 * 86_400_000;
/// The different requests; ids and times are new in each one sent.
const TEMPLATES: usize = 48;

pub(crate) const MODELS: [&str; 12] = [
    "gpt-4o-mini",
    "gpt-4o",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4.1-nano",
    "o3",
    "o4-mini",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5-nano",
    "claude-sonnet-4-5",
    "gemini-2.5-flash",
];

/// A generator of numbers that look random (xorshift64*).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Returns a number that is small more often than large.
    pub(crate) fn skewed(&mut self, bound: u64) -> u64 {
        let share = self.below(1_000_000) as f64 / 1e6;
        (share * share * share * bound as f64) as u64
    }
}

/// Words of one to three syllables, most of them rare.
pub(crate) fn words(count: usize) -> Vec<String> {
    const SYLLABLES: [&str; 24] = [
        "an", "ber", "con", "der", "es", "for", "gra", "har", "in", "jo", "ken", "lo", "mar", "ne",
        "or", "pre", "qui", "ra", "sto", "ti", "un", "ver", "wa", "yo",
    ];
    let mut random = Random(7);
    let word = |_| {
        (0..=random.below(3))
            .map(|_| SYLLABLES[random.below(24) as usize])
            .collect()
    };
    (0..count).map(word).collect()
}

pub(crate) fn text(random: &mut Random, words: &[String], bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        text.push_str(&words[random.skewed(words.len() as u64) as usize]);
        text.push_str(if random.below(9) == 0 { ". " } else { " " });
    }
    text
}

/// A request, and the places of what is new in each one sent.
struct Template {
    bytes: Vec<u8>,
    /// Of each span: its trace id, its id, its start and its end.
    places: Vec<[usize; 4]>,
    latencies: Vec<u64>,
}

pub(crate) struct Load(Vec<Template>);

impl Load {
    pub(crate) fn new() -> Self {
        let (mut random, words) = (Random(42), words(4_000));
        let systems: Vec<String> = (0..40).map(|_| text(&mut random, &words, 700)).collect();
        Self(
            (0..TEMPLATES)
                .map(|_| template(&mut random, &words, &systems))
                .collect(),
        )
    }

    pub(crate) fn bytes_per_span(&self) -> usize {
        self.0[0].bytes.len() / SPANS
    }

    /// Returns request `number` of `all`: the later, the later its calls start.
    pub(crate) fn request(&self, number: usize, all: usize) -> Vec<u8> {
        let template = &self.0[number % TEMPLATES];
        let mut bytes = template.bytes.clone();
        let mut random = Random(number as u64 * 2 + 1);
        let first = LAST_START_MS - WEEK_MS + WEEK_MS * number as u64 / all as u64;
        for (index, (places, latency)) in
            template.places.iter().zip(&template.latencies).enumerate()
        {
            let start = (first + WEEK_MS * index as u64 / (all * SPANS) as u64) * 1_000_000;
            let [trace, id, started, ended] = *places;
            bytes[trace..trace + 8].copy_from_slice(&random.next().to_be_bytes());
            bytes[trace + 8..trace + 16].copy_from_slice(&random.next().to_be_bytes());
            bytes[id..id + 8].copy_from_slice(&random.next().to_be_bytes());
            bytes[started..started + 8].copy_from_slice(&start.to_le_bytes());
            bytes[ended..ended + 8].copy_from_slice(&(start + latency).to_le_bytes());
        }
        bytes
    }
}

fn template(random: &mut Random, words: &[String], systems: &[String]) -> Template {
    let marks: Vec<[u64; 5]> = (0..SPANS)
        .map(|_| [(); 5].map(|()| random.next()))
        .collect();
    let spans = marks
        .iter()
        .map(|marks| span(random, words, systems, *marks))
        .collect();
    let scope_spans = vec![ScopeSpans {
        spans,
        ..ScopeSpans::default()
    }];
    let resource = Resource {
        attributes: vec![
            attribute("service.name", "calls"),
            attribute("spanloom.entity", "acme"),
            attribute("spanloom.project", "bench"),
        ],
        ..Resource::default()
    };
    let resource_spans = vec![ResourceSpans {
        resource: Some(resource),
        scope_spans,
        ..ResourceSpans::default()
    }];
    let bytes = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    let mut from = 0;
    let mut find = |mark: [u8; 8]| {
        let place = bytes[from..]
            .windows(8)
            .position(|window| window == mark)
            .unwrap();
        from += place;
        from
    };
    let mut place = |[trace, _, id, start, end]: [u64; 5]| {
        [
            trace.to_be_bytes(),
            id.to_be_bytes(),
            start.to_le_bytes(),
            end.to_le_bytes(),
        ]
        .map(&mut find)
    };
    let places = marks.iter().map(|marks| place(*marks)).collect();
    let latencies = (0..SPANS)
        .map(|_| 200_000_000 + random.skewed(20_000_000_000))
        .collect();
    Template {
        bytes,
        places,
        latencies,
    }
}

fn span(
    random: &mut Random,
    words: &[String],
    systems: &[String],
    [trace, rest, id, start, end]: [u64; 5],
) -> Span {
    let model = MODELS[random.skewed(12) as usize];
    let provider = match model.split('-').next() {
        Some("claude") => "anthropic",
        Some("gemini") => "gcp.gemini",
        _ => "openai",
    };
    let system = &systems[random.skewed(40) as usize];
    let (user, answer) = (text(random, words, 900), text(random, words, 500));
    let inputs = format!(
        r#"[{{"role":"system","parts":[{{"type":"text","content":"{system}"}}]}},{{"role":"user","parts":[{{"type":"text","content":"{user}"}}]}}]"#
    );
    let outputs = format!(
        r#"[{{"role":"assistant","parts":[{{"type":"text","content":"{answer}"}}],"finish_reason":"stop"}}]"#
    );
    let failed = random.below(50) == 0;
    let mut attributes = vec![
        attribute("gen_ai.operation.name", "chat"),
        attribute("gen_ai.provider.name", provider),
        attribute("gen_ai.request.model", model),
        attribute("server.address", "api.example.com"),
        attribute(
            "gen_ai.conversation.id",
            &format!("conversation-{}", random.below(100_000)),
        ),
        attribute("gen_ai.input.messages", &inputs),
        attribute("tenant", &format!("tenant-{}", random.skewed(50))),
        attribute("user_id", &format!("user-{}", random.skewed(10_000))),
        attribute(
            "audience",
            ["kids", "teens", "adults"][random.below(3) as usize],
        ),
        attribute("version", &format!("1.{}", random.skewed(8))),
        attribute("region", ["eu", "us", "ap"][random.skewed(3) as usize]),
        attribute("experiment", ["a", "b"][random.below(2) as usize]),
    ];
    if failed {
        attributes.push(attribute("error.type", "429"));
    } else {
        attributes.extend([
            attribute("gen_ai.response.model", model),
            attribute("gen_ai.output.messages", &outputs),
            number("gen_ai.usage.input_tokens", 300 + random.below(400)),
            number("gen_ai.usage.output_tokens", 50 + random.skewed(700)),
            number("gen_ai.usage.cache_read.input_tokens", random.below(256)),
        ]);
    }
    if random.below(2) == 0 {
        let seconds = Value::DoubleValue(0.2 + random.skewed(2_000) as f64 / 1e3);
        attributes.push(pair("gen_ai.response.time_to_first_chunk", seconds));
    }
    Span {
        trace_id: [trace.to_be_bytes(), rest.to_be_bytes()].concat(),
        span_id: id.to_be_bytes().to_vec(),
        name: format!("chat {model}"),
        kind: 3,
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        attributes,
        status: failed.then(|| Status {
            code: 2,
            message: "rate limited".to_owned(),
        }),
        ..Span::default()
    }
}

fn attribute(key: &str, value: &str) -> KeyValue {
    pair(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: u64) -> KeyValue {
    pair(key, Value::IntValue(value.try_into().unwrap()))
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
