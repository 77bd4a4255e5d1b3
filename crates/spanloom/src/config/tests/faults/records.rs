//! Addresses for records.

#![expect(clippy::too_many_lines, reason = "a table")]

use super::{CANARY, GOOD, check};

#[test]
fn addresses_of_records() {
    let scheme = |name: &str, shown: &str| {
        format!("{name}invalid endpoint {shown:?}: expected http:// or https:// and a host")
    };
    let form = |name: &str, shown: &str| {
        format!(
            "{name}invalid endpoint {shown:?}: expected an address such as http://127.0.0.1:7440"
        )
    };
    let user = |name: &str| {
        format!(
            "{name}invalid endpoint \"with user information\": set the key with WANDB_API_KEY or a header, not in the \
             address"
        )
    };
    let key = ("WANDB_API_KEY", CANARY);
    check(&[
        (GOOD, &[("server", "htp://x")], &[&scheme("", "htp://x")]),
        (
            GOOD,
            &[("server", "127.0.0.1:7440")],
            &[&form("", "127.0.0.1:7440")],
        ),
        (
            GOOD,
            &[("server", "localhost:7440")],
            &[&scheme("", "localhost:7440")],
        ),
        (GOOD, &[("server", "")], &[&form("", "")]),
        (GOOD, &[("server", "http://")], &[&form("", "http://")]),
        (
            GOOD,
            &[("server", "file:///x")],
            &[&scheme("", "file:///x")],
        ),
        (GOOD, &[("server", "http://c4n4ry@x")], &[&user("")]),
        (GOOD, &[("server", "http://u:c4n4ry@x")], &[&user("")]),
        (
            GOOD,
            &[("server", "htp://x?key=c4n4ry")],
            &[&scheme("", "htp://x")],
        ),
        (
            GOOD,
            &[("server", "htp://x#c4n4ry")],
            &[&scheme("", "htp://x")],
        ),
        (
            GOOD,
            &[("WF_TRACE_SERVER_URL", "trace.wandb.ai")],
            &[&form("WF_TRACE_SERVER_URL: ", "trace.wandb.ai")],
        ),
        (
            GOOD,
            &[
                key,
                ("WF_TRACE_SERVER_URL", "https://u:c4n4ry@trace.wandb.ai"),
            ],
            &[&user("WF_TRACE_SERVER_URL: ")],
        ),
        (
            GOOD,
            &[key, ("WANDB_BASE_URL", "wandb.example.com")],
            &[&form("WANDB_BASE_URL: ", "wandb.example.com")],
        ),
        (
            GOOD,
            &[("WANDB_BASE_URL", "ftp://wandb.example.com")],
            &[&scheme("WANDB_BASE_URL: ", "ftp://wandb.example.com")],
        ),
        (
            GOOD,
            &[key, ("WANDB_BASE_URL", "https://c4n4ry@wandb.example.com")],
            &[&user("WANDB_BASE_URL: ")],
        ),
        // The hosted service with a password: the password is not sent there, but the address is still invalid.
        (
            GOOD,
            &[key, ("WANDB_BASE_URL", "https://u:c4n4ry@api.wandb.ai")],
            &[&user("WANDB_BASE_URL: ")],
        ),
    ]);
}
