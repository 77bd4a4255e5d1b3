//! Invalid names.

use super::{CANARY, check};

const SHAPE: &str = "expected entity/project/stream, such as acme/chatbot/openai_logs";
const PART: &str = "must have 1 to 128 letters, digits, '-', '_', '.' or inner spaces";

#[test]
fn names() {
    let long = "x".repeat(129);
    let long_name = format!("acme/chatbot/{long}");
    let shape = |name: &str| format!("invalid stream name {name:?}: {SHAPE}");
    let part = |name: &str, part: &str| {
        format!("invalid stream name {name:?}: expected entity/project/stream, and {part} {PART}")
    };
    let one = "invalid stream name \"logs\": expected entity/project/stream, such as acme/chatbot/openai_logs; or \
               set WANDB_PROJECT and WANDB_ENTITY";
    let two = "invalid stream name \"chatbot/logs\": expected entity/project/stream, or project/stream with \
               WANDB_ENTITY set";
    let of_project = "invalid stream name \"chatbot/logs\": expected entity/project/stream, or project/stream with \
                      WANDB_ENTITY set; or set WANDB_PROJECT and WANDB_ENTITY";
    let invalid = "letters, digits, '-', '_', '.' or inner spaces";
    let of_variable = |name: &str, what: &str, value: &str| {
        format!("{name}: invalid {what} {value:?}: expected 1 to 128 {invalid}")
    };
    let key = ("WANDB_API_KEY", CANARY);
    check(&[
        ("", &[], &[&shape("")]),
        ("logs", &[], &[one]),
        ("logs", &[("WANDB_ENTITY", "acme")], &[one]),
        ("logs", &[("WANDB_PROJECT", " ")], &[one]),
        ("a/b/c/d", &[], &[&shape("a/b/c/d")]),
        ("/", &[], &[&part("/", "project")]),
        ("a//c", &[], &[&part("a//c", "project")]),
        ("/b/c", &[], &[&part("/b/c", "entity")]),
        ("a/b/", &[], &[&part("a/b/", "stream")]),
        ("a/../c", &[], &[&part("a/../c", "project")]),
        ("a/b/c?", &[], &[&part("a/b/c?", "stream")]),
        ("a/b\n/c", &[], &[&part("a/b\n/c", "project")]),
        (" a/b/c", &[], &[&part(" a/b/c", "entity")]),
        (&long_name, &[], &[&part(&long_name, "stream")]),
        // No entity is assumed for W&B or for a server on another machine.
        ("chatbot/logs", &[key], &[two]),
        (
            "chatbot/logs",
            &[("server", "http://192.0.2.1:7440")],
            &[two],
        ),
        ("logs", &[key, ("WANDB_PROJECT", "chatbot")], &[of_project]),
        (
            "chatbot/logs",
            &[("WANDB_ENTITY", "a/b")],
            &[&of_variable("WANDB_ENTITY", "entity", "a/b")],
        ),
        (
            "chatbot/logs",
            &[("WANDB_ENTITY", "acme?")],
            &[&of_variable("WANDB_ENTITY", "entity", "acme?")],
        ),
        (
            "logs",
            &[("WANDB_PROJECT", "..")],
            &[&of_variable("WANDB_PROJECT", "project", "..")],
        ),
        (
            "logs",
            &[("WANDB_PROJECT", "acme/")],
            &[&of_variable("WANDB_PROJECT", "project", "acme/")],
        ),
    ]);
}
