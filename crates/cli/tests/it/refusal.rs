//! Wrong input: one line that names the problem and the remedy, and the exit code.

use std::net::TcpListener;

use crate::{spanloom, stderr};

/// Runs a command that must fail, and returns the line it prints.
fn refused(arguments: &[&str], code: i32) -> String {
    let output = spanloom(arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_bad_stream_name() {
    let said = refused(&["demo", "--once", "--stream", "logs"], 2);
    assert!(
        said.contains("\"logs\"") && said.contains("expected entity/project/stream"),
        "{said}"
    );
}

#[test]
fn a_taken_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refused(&["demo", "--once", "--listen", &address], 1);
    assert!(
        said.contains(&address) && said.contains("--listen"),
        "{said}"
    );
    let said = refused(&["serve", "--listen", &address, "--db", "never-made.db"], 1);
    assert!(said.contains(&address), "{said}");
}

#[test]
fn a_database_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/such/folder/x.db");
    let said = refused(
        &[
            "demo",
            "--once",
            "--listen",
            "127.0.0.1:0",
            "--db",
            path.to_str().unwrap(),
        ],
        1,
    );
    assert!(
        said.contains("no/such/folder/x.db") && said.contains("--db"),
        "{said}"
    );
    // A folder is not a file, even for root.
    let said = refused(
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--otlp-http",
            "off",
            "--otlp-grpc",
            "off",
            "--db",
            folder.path().to_str().unwrap(),
        ],
        1,
    );
    assert!(said.contains("--db"), "{said}");
}

#[test]
fn an_upstream_without_a_key_and_one_that_is_not_there() {
    let said = refused(
        &["demo", "--once", "--upstream", "http://127.0.0.1:9/v1"],
        2,
    );
    assert!(said.contains("OPENAI_API_KEY"), "{said}");
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_spanloom"))
        .args(["demo", "--once", "--upstream", &format!("http://{free}/v1")])
        .env("OPENAI_API_KEY", "sk-secret")
        .output()
        .unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&free.to_string())
            && said.contains("--upstream")
            && !said.contains("sk-secret"),
        "{said}"
    );
}

#[test]
fn no_command_shows_the_help() {
    let output = spanloom(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Usage: spanloom"));
}
