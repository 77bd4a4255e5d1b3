//! Instrumentations of other projects send the same five calls: the model server's journal is the truth.

use serde_json::Value;
use spanloom_testkit::{Answer, Latency, ModelServer};
use spanloom_tests::parts::get_json;
use spanloom_tests::parts::instrumentations::{EARLIER, Instrumentation, NEWEST};

use crate::program::Server;

/// A plain answer, a stream, a tool loop of two calls, and an error.
const CALLS: usize = 5;
const PROJECT: &str = "local/otlp";

fn is_call(call: &Value) -> bool {
    let operation = call["attributes"]["spanloom"]["operation"].as_str();
    matches!(operation, Some("chat" | "generate_content"))
}

/// The tokens of a call as its record has them, to compare with an answer of the journal.
fn tokens(call: &Value) -> (u64, u64) {
    let usage = call["summary"]["usage"].as_object();
    let usage = usage.and_then(|usage| usage.values().next());
    let count = |name: &str| usage.map_or(0, |usage| usage[name].as_u64().unwrap_or(0));
    (count("prompt_tokens"), count("completion_tokens"))
}

fn truth(answer: &Answer) -> (u64, u64) {
    let usage = answer.usage.unwrap_or_default();
    (usage.prompt_tokens, usage.completion_tokens)
}

/// Checks the records and the totals. Some earlier versions ask the model, or record a call, once more.
async fn check(instrumentation: Instrumentation, is_newest: bool) {
    let name = instrumentation.name;
    let model = ModelServer::builder()
        .with_latency(Latency::None)
        .start()
        .await
        .unwrap();
    let server = Server::start().await;
    let (base, url) = (model.base_url(), server.url.clone());
    let called = tokio::task::spawn_blocking(move || {
        instrumentation
            .call(&base, &url)
            .map_err(|error| error.to_string())
    });
    called.await.unwrap().unwrap();
    let answers = model.answers();
    let calls = server.wait_for_such(PROJECT, answers.len(), is_call).await;
    let shown = serde_json::to_string_pretty(&calls).unwrap();
    if is_newest {
        assert_eq!(answers.len(), CALLS, "{name}: {answers:?}");
        assert_eq!(calls.len(), CALLS, "{name}: {shown}");
    }
    let mut expected: Vec<_> = answers
        .iter()
        .filter(|it| it.status == 200)
        .map(truth)
        .collect();
    let good = |call: &&Value| call["exception"].is_null();
    let mut found: Vec<_> = calls.iter().filter(good).map(tokens).collect();
    expected.sort();
    found.sort();
    if calls.len() == answers.len() {
        assert_eq!(found, expected, "{name}: {shown}");
    }
    // Tokens count once, however many spans report them.
    let summary = format!(
        "{}/api/summary?entity=local&project=otlp&stream={name}",
        server.url
    );
    let summary = get_json(&summary).await.unwrap();
    let total = |name: &str| summary["totals"][name].as_u64();
    let [input, output] = ["input_tokens", "output_tokens"].map(total);
    let sum = |part: fn(&(u64, u64)) -> u64| Some(expected.iter().map(part).sum::<u64>());
    let sums = (sum(|tokens| tokens.0), sum(|tokens| tokens.1));
    assert_eq!((input, output), sums, "{name}: {summary}\n{shown}");

    let text = |pointer: &str, wanted: &str| {
        let mut texts = calls.iter().filter_map(|call| call.pointer(pointer));
        let is_it = |text: &Value| text.to_string().contains(wanted);
        assert!(
            texts.any(is_it),
            "{name}: {wanted} is not in {pointer}: {shown}"
        );
    };
    text("/inputs/messages", "What is 2+2?");
    text("/inputs/messages", "hello world");
    text("/inputs/messages", "cloudy");
    text("/output/choices/0/message/content", "2 + 2 equals 4.");
    text("/output/choices/0/message/content", "Hello!");
    text("/output/choices/0/message/tool_calls", "get_weather");
    let failed: Vec<&Value> = calls.iter().filter(|call| !good(call)).collect();
    assert_eq!(failed.len(), 1, "{name}: {shown}");
    for call in calls.iter().filter(good) {
        let cost = call["summary"]["cost"]["total_usd"].as_f64();
        assert!(cost.is_some_and(|cost| cost > 0.0), "{name}: {call}");
        assert_eq!(
            call["attributes"]["spanloom"]["provider"], "openai",
            "{name}"
        );
    }
}

macro_rules! instrumentations {
    ($($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let name = stringify!($name);
            let known = NEWEST.iter().find(|it| it.name == name);
            check(*known.unwrap(), true).await;
        }
    )*};
}

instrumentations! {
    openinference openllmetry openai_v2 langfuse logfire pydantic_ai litellm langchain_openinference
    langchain_openllmetry strands semantic_kernel google_adk ai_sdk
}

/// The wider matrix: `.ci/matrix` runs it, and keeps the lines that it prints.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes many minutes: `.ci/matrix` runs it"]
async fn earlier_versions() {
    let only = std::env::var("SPANLOOM_MATRIX").unwrap_or_default();
    for instrumentation in EARLIER.iter().filter(|it| it.name.contains(&only)) {
        let result = tokio::spawn(check(*instrumentation, false)).await;
        let result = match result {
            Ok(()) => "right".to_owned(),
            Err(error) => what_is_wrong(error),
        };
        println!(
            "| {} | {} | {result} |",
            instrumentation.name, instrumentation.version
        );
    }
}

/// Returns the lines of a failed check that name the fault: the last of a script's output, else the first, with the two
/// values that differ.
fn what_is_wrong(error: tokio::task::JoinError) -> String {
    let panic = error.into_panic();
    let message = panic.downcast_ref::<String>().map_or("", String::as_str);
    let script = message.split_once("exit status").map(|(_, output)| output);
    let script = script.map(|output| output.trim_end_matches(['"', '\n', '\\', 'n', ' ']));
    let script = script.and_then(|output| output.rsplit("\\n").next());
    let differs = |line: &&str| line.starts_with("  left:") || line.starts_with(" right:");
    let values: String = message.lines().filter(differs).collect();
    let fault = script.or(message.lines().next()).unwrap_or_default();
    let line: String = format!("{fault}{values}").chars().take(240).collect();
    line.replace('|', "/")
}
