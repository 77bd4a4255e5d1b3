//! Properties of any bytes: one function for each reader of external data. A target panics when its property is
//! violated.
//!
//! Used twice: by the test target `fuzz` (in every run, a bounded number of mutations, stable Rust), and by libFuzzer
//! in the package in this folder, for as long as it runs.

use spanloom_core::json::Document;
use spanloom_core::price::{Overlay, Table};
use spanloom_core::{Endpoint, Usage, message, openai, secret};

/// A target with its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("document", document),
    ("sse", sse),
    ("assemble", assemble),
    ("request", request),
    ("response", response),
    ("mask", mask),
    ("price", price),
    ("price_file", price_file),
];

/// Checks that bytes are read as JSON where `serde_json` accepts them, and that a cut document is written as JSON.
pub fn document(bytes: &[u8]) {
    let document = Document::read(bytes);
    let root = document.root();
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
            assert!(document.is_whole(), "JSON that is not read");
            assert_eq!(root.to_value(), Some(value));
        }
        let is_json = serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok();
        assert!(is_json || !document.is_whole(), "what is no JSON is read");
    }
    let mut written = String::new();
    root.write(&mut written);
    assert!(Document::read(written.as_bytes()).is_whole(), "{written}");
}

/// Checks that events are in order, hold no more than their bytes, and are the same when read in two pieces.
pub fn sse(bytes: &[u8]) {
    let events: Vec<_> = openai::events(bytes).collect();
    let mut before = 0;
    for (index, event) in events.iter().enumerate() {
        assert!(
            event.end > before && event.end <= bytes.len(),
            "an event ends behind the last"
        );
        assert!(
            event.data.len() <= event.end - before,
            "no event holds more than its bytes"
        );
        before = event.end;
        // A byte order mark counts only at the very beginning.
        let rest = &bytes[event.end..];
        if index % 8 == 0 && !rest.starts_with(b"\xef\xbb\xbf") {
            let head = openai::events(&bytes[..event.end]).map(|event| event.data.into_owned());
            let tail = openai::events(rest).map(|event| event.data.into_owned());
            let pieces: Vec<Vec<u8>> = head.chain(tail).collect();
            let whole: Vec<Vec<u8>> = events.iter().map(|event| event.data.to_vec()).collect();
            assert_eq!(pieces, whole, "cut behind event {index}");
        }
    }
}

/// The endpoints that bodies belong to.
const ENDPOINTS: [Endpoint; 5] = [
    Endpoint::ChatCompletions,
    Endpoint::Responses,
    Endpoint::FetchResponse,
    Endpoint::Completions,
    Endpoint::Embeddings,
];

/// Checks that a stream, cut anywhere, is assembled into JSON, and that its text is no longer than the input.
pub fn assemble(bytes: &[u8]) {
    let quarter = bytes.len() / 4;
    for end in [quarter, 2 * quarter, 3 * quarter, bytes.len()] {
        for endpoint in ENDPOINTS {
            assembled(endpoint, &bytes[..end]);
        }
    }
}

fn assembled(endpoint: Endpoint, bytes: &[u8]) {
    let assembled = openai::assemble(endpoint, bytes);
    assert!(assembled.text.len() <= bytes.len(), "text out of nothing");
    let Some(completion) = assembled.completion else {
        assert_eq!(assembled.text, "", "text of no answer");
        return;
    };
    let json: serde_json::Value = serde_json::from_str(&completion).unwrap();
    assert!(json.is_object());
    // Choices may alternate: the content of one is in the text, in order, but not in one piece. A message that arrives
    // whole is not part of a stream, and stays unchanged.
    let whole = bytes.windows(9).any(|window| window == b"\"message\"");
    // Halves of a character may be joined in only one of the two when chunks of other choices are between them.
    let halves = bytes
        .windows(3)
        .any(|window| window.eq_ignore_ascii_case(b"\\ud"));
    let choices = json["choices"].as_array().filter(|_| !whole && !halves);
    for choice in choices.into_iter().flatten() {
        let mut text = assembled.text.chars();
        let content = choice["message"]["content"].as_str().unwrap_or_default();
        let told = content.chars().all(|told| text.any(|char| char == told));
        assert!(told, "what a choice says is in the text");
    }
    let document = Document::read(completion.as_bytes());
    assert!(document.is_whole());
    let again = openai::response(endpoint, document.root());
    assert_eq!(
        again.response.finish_reasons,
        assembled.body.response.finish_reasons
    );
    let messages = openai::output_messages(endpoint, document.root());
    assert_array(message::to_json(&messages));
}

fn assert_array(json: Option<String>) {
    let Some(json) = json else { return };
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json.is_array());
}

/// Checks that any body is read, and that the quick look at its ends finds the model that a full read finds, or none.
pub fn request(bytes: &[u8]) {
    let document = Document::read(bytes);
    let request = openai::request(document.root());
    // For a repeated name the quick look may find the first, while the last one counts; and after a JSON error it may
    // find one that is not read.
    let names = document
        .root()
        .members()
        .filter(|(name, _)| name == "model");
    if document.is_whole()
        && names.count() == 1
        && let (Some(quick), Some(model)) = (openai::model(bytes), &request.model)
    {
        assert_eq!(quick, *model);
    }
    for endpoint in ENDPOINTS {
        let asked = openai::prompt_content(endpoint, document.root());
        let arrays = [
            message::parts_json(&asked.system_instructions),
            message::to_json(&asked.input_messages),
            message::tools_json(&asked.tool_definitions),
        ];
        arrays.into_iter().for_each(assert_array);
    }
}

/// Checks that any answer is read, and that the usage parts that are present are the provider's own.
pub fn response(bytes: &[u8]) {
    let document = Document::read(bytes);
    if let Some(failure) = openai::failure(document.root(), "500") {
        assert!(!failure.kind.is_empty());
    }
    for endpoint in ENDPOINTS {
        let body = openai::response(endpoint, document.root());
        assert_eq!(body.usage.source.is_some(), body.usage.is_known());
        let messages = openai::output_messages(endpoint, document.root());
        assert_array(message::to_json(&messages));
    }
}

/// Secrets of known formats, in pieces, so that secret scanners do not report this source.
const SECRETS: &[(&str, &str)] = &[
    ("sk-", "proj-abcdefghijklmnopqrstuvwx"),
    ("Bear", "er abcdefghijklmnop1234"),
    ("AKIA", "IOSFODNN7EXAMPLE"),
    ("ghp_", "abcdefghijklmnopqrstuvwxyz0123456789"),
    ("eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"),
];

/// Checks that masked text stays masked, JSON stays JSON, and a secret is found wherever it is.
pub fn mask(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let masked = secret::mask(&text);
    assert_eq!(secret::mask(&masked), masked, "twice is once");
    if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
        assert!(
            serde_json::from_str::<serde_json::Value>(&masked).is_ok(),
            "{masked}"
        );
    }
    let (head, tail) = SECRETS[bytes.len() % SECRETS.len()];
    let secret = format!("{head}{tail}");
    // Inside a word it is not a secret.
    if text.contains(&secret) {
        return;
    }
    let around = format!("{text} {secret} {text}");
    assert!(!secret::mask(&around).contains(&secret), "{around:?}");
    let json = serde_json::to_string(&around).unwrap();
    let masked: String = serde_json::from_str(&secret::mask(&json)).unwrap();
    assert!(!masked.contains(&secret), "{json}");
}

/// Checks that any name has one price, whatever its case, and that no part of a cost is more than the whole.
pub fn price(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (provider, model) = text.split_once('/').unwrap_or(("openai", &text));
    let price = Table::builtin().price(provider, model);
    let upper = Table::builtin().price(provider, &model.to_ascii_uppercase());
    assert_eq!(price.is_some(), upper.is_some(), "{model}");
    let Some(price) = price else { return };
    let count = |from: usize| {
        let bytes = bytes.iter().skip(from).take(4);
        Some(bytes.fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)))
    };
    let usage = Usage {
        input_tokens: count(0),
        output_tokens: count(4),
        cache_read_tokens: count(8),
        ..Usage::default()
    };
    if let Some(cost) = price.cost(&usage) {
        let parts = [cost.input, cost.output];
        for part in parts.into_iter().flatten() {
            assert!(part.as_dollars() >= 0.0 && part.as_dollars() <= cost.total.as_dollars());
        }
    }
}

/// Checks that any price file is read or refused, and that a refusal states the reason.
pub fn price_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = Overlay::parse(&text) {
        assert!(!error.to_string().is_empty());
    }
}
