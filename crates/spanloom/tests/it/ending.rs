//! The stderr of a service whose calls do not arrive or have no price, as its operator reads it.

use std::process::{Command, Output};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use http::StatusCode;
use serde_json::json;
use spanloom::{Monitor, Monitored as _};
use spanloom_testkit::{ModelServer, Sink, SinkAnswer};

use crate::setup::request;

/// The variable that makes this program such a service: the name of the requested model.
const MODEL: &str = "SPANLOOM_TEST_MODEL";
/// The address of the model server.
const MODEL_SERVER: &str = "SPANLOOM_TEST_MODEL_SERVER";
/// Whether the service waits for trouble before it makes a call.
const WAITS: &str = "SPANLOOM_TEST_WAITS";
/// Longer than any delivery takes.
const PATIENCE: Duration = Duration::from_secs(10);
/// The wait where nothing is delivered.
const SHORT: Duration = Duration::from_millis(500);

/// Not a test: the service.
#[test]
fn service() {
    let (Ok(model), Ok(server)) = (std::env::var(MODEL), std::env::var(MODEL_SERVER)) else {
        return;
    };
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(server)
        .with_api_key("sk-test-0123456789abcdefghij");
    // async-openai's own default panics on a system without certificates.
    let http = reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .unwrap();
    let client = Client::build(http, config).monitored(&monitor);
    let trouble = || {
        monitor
            .stats()
            .receipt
            .destinations
            .first()
            .and_then(|it| it.trouble)
    };
    let waits = std::env::var(WAITS).is_ok();
    while waits && trouble().is_none() {
        std::thread::yield_now();
    }
    let mut request = request("tide?");
    request.model = model;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(client.chat().create(request)).unwrap();
    let timeout = if waits { SHORT } else { PATIENCE };
    println!("receipt {}", monitor.shutdown_blocking(timeout));
}

/// Runs the service, whose records go to `sink`.
fn run(sink: &Sink, model: &str, variables: &[(&str, &str)]) -> Output {
    let server = ModelServer::builder().start_on_thread().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "ending::service",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(MODEL, model)
        .env(MODEL_SERVER, server.base_url())
        .env("WF_TRACE_SERVER_URL", sink.url())
        .env("SPANLOOM_SPOOL", "off")
        .env_remove("SPANLOOM_QUIET")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Returns spanloom's lines on stderr, without the line that links to the data.
fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    let ours = text.lines().filter(|line| line.starts_with("spanloom:"));
    ours.map(str::to_owned).collect()
}

#[test]
fn a_refused_key_shows_before_the_first_call_and_at_the_end() {
    let sink = Sink::start_on_thread().unwrap();
    sink.answer_always(SinkAnswer::status(StatusCode::UNAUTHORIZED));
    let key = [
        ("WANDB_API_KEY", "0123456789012345678901234567890123456789"),
        (WAITS, "yes"),
    ];
    let output = run(&sink, "gpt-4o-mini", &key);
    let [first, last] = lines(&output).try_into().unwrap();
    for line in [&first, &last] {
        assert!(
            line.contains(&sink.url()) && line.contains("refuses the key"),
            "{line}"
        );
        assert!(!line.contains("0123456789"), "{line}");
    }
    assert!(last.contains("not everything was delivered"), "{last}");
    let receipt = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        receipt.contains("0 delivered") && receipt.contains("refuses the key"),
        "{receipt}"
    );
    assert_eq!(sink.requests()[0].json().unwrap(), json!({"batch": []}));

    let quiet = [key[0], key[1], ("SPANLOOM_QUIET", "1")];
    let output = run(&sink, "gpt-4o-mini", &quiet);
    assert_eq!(lines(&output), Vec::<String>::new());
    assert!(!String::from_utf8_lossy(&output.stderr).contains("View data"));
}

#[test]
fn a_model_without_a_price_is_named_at_the_end() {
    let sink = Sink::start_on_thread().unwrap();
    let output = run(&sink, "our-own-model", &[]);
    let [line] = lines(&output).try_into().unwrap();
    assert!(
        line.contains("no price is known for openai/our-own-model"),
        "{line}"
    );
    assert!(line.contains("SPANLOOM_PRICES"), "{line}");
}

#[test]
fn nothing_is_said_when_everything_arrives() {
    let sink = Sink::start_on_thread().unwrap();
    let output = run(
        &sink,
        "gpt-4o-mini",
        &[("WANDB_API_KEY", "0123456789012345678901234567890123456789")],
    );
    assert_eq!(lines(&output), Vec::<String>::new());
    let receipt = format!("{}: 1 delivered", sink.url());
    assert!(String::from_utf8_lossy(&output.stdout).contains(&receipt));
}

/// The HTTP library cannot create a client there.
#[test]
fn a_system_without_certificates_panics_nobody() {
    let sink = Sink::start_on_thread().unwrap();
    let nowhere = tempfile::tempdir().unwrap();
    let folder = nowhere.path().to_str().unwrap();
    run(
        &sink,
        "gpt-4o-mini",
        &[("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", folder)],
    );
}
