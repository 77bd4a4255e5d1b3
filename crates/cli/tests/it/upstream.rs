//! `demo --upstream`: the examples with a model server that is already running.

use std::process::Command;

use spanloom_testkit::ModelServer;

#[test]
fn the_examples_and_nothing_else_are_asked_of_another_server() {
    const KEY: &str = "sk-upstream-0123456789abcdef";
    let models = ModelServer::builder()
        .with_api_key(KEY)
        .start_on_thread()
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_spanloom"))
        .args([
            "demo",
            "--once",
            "--listen",
            "127.0.0.1:0",
            "--upstream",
            &models.base_url(),
            "--model",
            "gpt-4.1-mini",
        ])
        .env("OPENAI_API_KEY", KEY)
        .output()
        .unwrap();
    let (printed, said) = (crate::stdout(&output), crate::stderr(&output));
    assert!(output.status.success(), "{printed}\n{said}");
    assert!(
        !printed.contains(KEY) && !said.contains(KEY),
        "the key is never shown"
    );
    let asked = models.requests();
    let calls: Vec<_> = asked
        .iter()
        .filter(|request| request.path.ends_with("/chat/completions"))
        .collect();
    assert_eq!(calls.len(), 17, "what costs money is asked once");
    assert!(
        calls
            .iter()
            .all(|request| request.body["model"] == "gpt-4.1-mini")
    );
    assert!(printed.contains("gpt-4.1-mini"), "{printed}");
}
