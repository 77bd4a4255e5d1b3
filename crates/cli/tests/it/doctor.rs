//! `spanloom doctor`, with and without a server.

use std::net::TcpListener;

use serde_json::Value;

use crate::{serving, spanloom, spanloom_with, stderr, stdout};

#[test]
fn a_server_that_works_shows_every_field() {
    let server = serving();
    let output = spanloom(&["doctor", "--to", server.url()]);
    let said = stdout(&output);
    assert!(output.status.success(), "{said}{}", stderr(&output));
    assert!(
        !said.contains("FAIL") && !said.contains("dropped"),
        "{said}"
    );
    for shown in [
        "reachability",
        "clock",
        "permission",
        "prompt",
        "tokens",
        "cost",
        "/local/doctor/table/check",
    ] {
        assert!(said.contains(shown), "{shown}: {said}");
    }
}

#[test]
fn agent_lens_gets_a_turn_of_a_conversation() {
    let server = serving();
    let output = spanloom(&["doctor", "--agents", "--to", server.url()]);
    let said = stdout(&output);
    assert!(output.status.success(), "{said}{}", stderr(&output));
    assert!(!said.contains("FAIL") && !said.contains("note"), "{said}");
    for shown in [
        "accepted the turn and its call",
        "one root span, and it is an agent",
        "belongs to a conversation",
        "messages of request and answer",
        "/local/doctor/weave/agents/conversations/doctor-",
    ] {
        assert!(said.contains(shown), "{shown}: {said}");
    }
}

#[test]
fn findings_come_as_json_too() {
    let server = serving();
    let output = spanloom(&[
        "doctor",
        "--json",
        "--to",
        server.url(),
        "--stream",
        "a/b/c",
    ]);
    let findings: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(
        findings
            .iter()
            .all(|finding| finding["outcome"] == "passed"),
        "{findings:#?}"
    );
    assert!(findings.len() > 15);
}

#[test]
fn nobody_there_is_a_failure_with_a_remedy() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = spanloom(&["doctor", "--to", &format!("http://{nobody}")]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("FAIL  reachability") && said.contains("spanloom serve"),
        "{said}"
    );
    assert_eq!(stderr(&output).lines().count(), 1);
}

#[test]
fn a_server_on_this_machine_is_asked_through_no_proxy() {
    let server = serving();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let variables = [("HTTP_PROXY", &*proxy), ("NO_PROXY", "")];
    let output = spanloom_with(&variables, &["doctor", "--to", server.url()]);
    let said = stdout(&output);
    assert!(output.status.success(), "{said}{}", stderr(&output));
}

#[test]
fn what_tls_has_against_a_server_is_said() {
    let server = serving();
    let over_tls = server.url().replace("http://", "https://");
    let output = spanloom(&["doctor", "--to", &over_tls]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("cannot be reached: the server does not speak TLS"),
        "{said}"
    );
}

#[test]
fn a_wrong_address_of_jaeger_is_named() {
    let output = spanloom(&["doctor", "--jaeger", "localhost:16686"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(told.contains("--jaeger: invalid endpoint"), "{told}");
}

#[test]
fn a_wrong_configuration_is_named() {
    let output = spanloom(&["doctor", "--to", "nonsense"]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("FAIL  configuration  invalid endpoint \"nonsense\""),
        "{said}"
    );
}
