//! W&B's own clients record here and read their records back: four versions of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spanloom_tests::parts::weave::{RECORDERS, run};

use crate::program::Server;

const TEXT: &str = "Grüße, 日本 😀 \"quoted\" \\ back\nline";
/// The digest of the object that `record.py` publishes as `settings`; every client computes the same.
const SETTINGS: &str = "tuES7dNH5fudMxyb9Tv8BAfAUYECYxKwE7Dy08BNJfE";
const PROMPT: &str = "1rXoIwNzAPeiGuB8KcKpPcOXahJYL9LQp2tNP4XAgRc";

/// Returns what the client of a version recorded in `project`.
async fn recorded(server: &Server, version: &'static str, project: &str) -> Value {
    let (url, project) = (server.url.clone(), project.to_owned());
    let lines = move || run(version, "record.py", &[&project], &url, b"").unwrap();
    tokio::task::spawn_blocking(lines).await.unwrap().remove(0)
}

/// Returns the name of the op in a reference: `weave:///e/p/op/NAME:DIGEST`.
fn op(call: &Value) -> &str {
    let reference = call["op_name"].as_str().unwrap();
    assert!(reference.starts_with("weave:///me/"), "{reference}");
    let (_, version) = reference.rsplit_once("/op/").unwrap();
    version.split(':').next().unwrap()
}

fn named<'a>(calls: &'a [Value], name: &str) -> Vec<&'a Value> {
    calls.iter().filter(|call| op(call) == name).collect()
}

fn statuses(calls: &[Value]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call["status"].as_str().unwrap()).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pythons_clients_record_is_stored_and_read_back() {
    let server = Server::start().await;
    for version in RECORDERS {
        let project = format!("me/python-{}", version.replace('.', "-"));
        let read = recorded(&server, version, &project).await;
        assert_eq!(read["client"], version);
        assert_eq!(read["problems"], json!([]), "{version}");
        calls(version, &read);
        objects(version, &read["objects"]);
        let stored = server.calls(&project).await.unwrap();
        assert_eq!(stored.len(), 15, "{version}");
    }
}

/// Checks every call of the program: its parents, inputs and output, its error and its status.
fn calls(version: &str, read: &Value) {
    let calls = read["calls"].as_array().unwrap();
    let expected = [
        ("success", 11),
        ("descendant_error", 1),
        ("error", 2),
        ("running", 1),
    ];
    assert_eq!(statuses(calls), expected.into_iter().collect(), "{version}");
    let [outer] = named(calls, "outer").try_into().unwrap();
    assert_eq!(outer["inputs"], json!({"word": "ab"}), "{version}");
    assert_eq!(
        outer["output"],
        json!({"twice": "abab", "thrice": "ababab"}),
        "{version}"
    );
    assert_eq!(
        outer["output"], read["program"]["outer"],
        "{version}: what the program saw"
    );
    let inside = calls.iter().filter(|call| call["parent_id"] == outer["id"]);
    let inside: Vec<&Value> = inside.map(|call| &call["output"]).collect();
    assert_eq!(inside, [&json!("abab"), &json!("ababab")], "{version}");
    let failed = named(calls, "fails");
    assert_eq!(failed.len(), 2, "{version}");
    for call in failed {
        assert_eq!(
            (&call["says"], &call["output"]),
            (&json!(true), &Value::Null),
            "{version}"
        );
    }
    let [with_attributes] = calls
        .iter()
        .filter(|call| call["attributes"]["env"] == "test")
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert_eq!(
        with_attributes["attributes"]["nested"],
        json!({"größe": 1}),
        "{version}"
    );
    assert_eq!(with_attributes["output"], TEXT, "{version}");
    let in_thread = calls.iter().filter(|call| call["thread_id"] == "thread-1");
    assert_eq!(in_thread.count(), 1, "{version}");
    // One call whose end arrived after a flush, alone; one whose end never arrived.
    let open = named(calls, "open_at_flush");
    let open: Vec<&Value> = open.iter().map(|call| &call["status"]).collect();
    assert_eq!(open, ["success", "running"], "{version}");
    for (which, count) in [("of_op", 5), ("of_any", 5)] {
        assert_eq!(
            read[which].as_array().unwrap().len(),
            count,
            "{version}: {which}"
        );
    }
}

/// Checks objects in versions, by every kind of reference.
fn objects(version: &str, objects: &Value) {
    assert_eq!(objects["digests"]["first"], SETTINGS, "{version}");
    assert_eq!(objects["digests"]["greeting"], PROMPT, "{version}");
    assert_eq!(
        objects["first"]["words"],
        json!(["größe", "日本"]),
        "{version}"
    );
    assert_eq!(
        objects["first"]["integer"], 9_007_199_254_740_993_i64,
        "{version}"
    );
    // Published again, the first is the latest; `v1` is still the second.
    assert_eq!(objects["latest"], objects["first"], "{version}");
    assert_eq!(objects["v1"], objects["second"], "{version}");
    assert_eq!(
        (&objects["second"]["rate"], &objects["key"]),
        (&json!(0.75), &json!("日本")),
        "{version}"
    );
    assert_eq!(objects["through"], "Hallo {name}, 日本", "{version}");
    assert_eq!(
        (&objects["prompt"], &objects["predicted"]),
        (&json!("Hallo Ada, 日本"), &json!("Hallo Ada, 日本!")),
        "{version}"
    );
    assert_eq!(
        objects["model"],
        json!({"mark": "!", "content": "Hallo {name}, 日本"}),
        "{version}"
    );
    assert!(
        objects["code"]
            .as_str()
            .unwrap()
            .contains("def outer(word: str)"),
        "{version}"
    );
    for gone in ["missing", "after_delete"] {
        let error = objects[gone]["error"].as_str().unwrap();
        assert!(
            error.contains("there is no object") || error.contains("was deleted"),
            "{version}: {error}"
        );
    }
    assert_eq!(objects["deleted"], Value::Null, "{version}");
    let listed: Vec<&str> = objects["listed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version[0].as_str().unwrap())
        .collect();
    assert_eq!(
        listed,
        ["greeter", "greeting", "settings", "settings"],
        "{version}"
    );
}
