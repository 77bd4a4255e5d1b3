//! `spanloom doctor` with third-party servers: the call is sent, read back, and reported field by field.

use std::process::Command;

use spanloom_tests::parts::jaeger::Jaeger;
use spanloom_tests::parts::weave_server::WeaveServer;

use crate::program::built;

/// Returns its output in an environment of only these variables.
fn doctor(variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = Command::new(built("spanloom"))
        .arg("doctor")
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{why}");
    said
}

/// Returns the fields that arrived, by the lines of this check.
fn fields<'a>(said: &'a str, check: &str) -> Vec<&'a str> {
    let lines = said.lines().filter_map(|line| line.strip_prefix("ok"));
    let lines = lines.filter_map(|line| line.trim_start().strip_prefix(check));
    lines.flat_map(|fields| fields.trim().split("; ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_read_back_from_jaeger() {
    let jaeger = Jaeger::start().await.unwrap();
    let variables = [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            &*format!("http://{}", jaeger.otlp()),
        ),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    let said = doctor(&variables, &["--jaeger", &jaeger.page()]);
    for field in ["prompt", "answer", "tokens of the prompt", "cost"] {
        assert!(fields(&said, "in Jaeger").contains(&field), "{said}");
    }
    assert!(!said.contains("note") && !said.contains("FAIL"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_read_back_from_wandbs_reference_server() {
    let weave = WeaveServer::start().await.unwrap();
    let variables = [
        ("WF_TRACE_SERVER_URL", weave.url()),
        ("WANDB_API_KEY", "0123456789012345678901234567890123456789"),
    ];
    let said = doctor(&variables, &["--stream", "acme/chatbot/logs"]);
    for field in ["prompt", "answer", "tokens", "conversation"] {
        assert!(fields(&said, "shown").contains(&field), "{said}");
    }
    assert!(
        !said.contains("dropped") && !said.contains("FAIL"),
        "{said}"
    );
}
