//! Dependencies between crates go one way. Read from `cargo metadata`, so that every manifest is checked.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The allowed normal dependencies of each crate.
const ARROWS: &[(&str, &[&str])] = &[
    ("spanloom-core", &[]),
    ("spanloom-instrumentation", &["spanloom-core"]),
    (
        "spanloom-mcp",
        &["spanloom-core", "spanloom-instrumentation"],
    ),
    ("spanloom-exporter", &["spanloom-core"]),
    ("spanloom-server", &["spanloom-core"]),
    ("spanloom-testkit", &["spanloom-core"]),
    ("spanloom-fault-proxy", &[]),
    (
        "spanloom",
        &[
            "spanloom-core",
            "spanloom-instrumentation",
            "spanloom-exporter",
        ],
    ),
    (
        "spanloom-cli",
        &[
            "spanloom",
            "spanloom-core",
            "spanloom-exporter",
            "spanloom-instrumentation",
            "spanloom-server",
            "spanloom-testkit",
        ],
    ),
    ("spanloom-examples", &[]),
    ("spanloom-tests", &[]),
];

/// Returns the metadata for this platform alone: packages of other platforms need not have been fetched.
fn metadata() -> Value {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let host = String::from_utf8(rustc.stdout).unwrap();
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--filter-platform",
            host,
        ])
        .current_dir(super::root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns package ids with names, and package ids with the ids of their normal dependencies.
fn graph(metadata: &Value) -> (BTreeMap<String, String>, BTreeMap<String, BTreeSet<String>>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(&package["id"]), text(&package["name"])));
    let edges = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            let normal = node["deps"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| {
                    dependency["dep_kinds"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .any(|kind| kind["kind"].is_null())
                });
            (
                text(&node["id"]),
                normal.map(|dependency| text(&dependency["pkg"])).collect(),
            )
        });
    (names.collect(), edges.collect())
}

/// Returns the names of all direct and indirect normal dependencies of a package.
fn reach(
    package: &str,
    names: &BTreeMap<String, String>,
    edges: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeSet<String> {
    let mut open: Vec<&String> = names
        .iter()
        .filter(|(_, name)| *name == package)
        .map(|(id, _)| id)
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        for next in &edges[id] {
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    seen.iter().map(|id| names[id].clone()).collect()
}

#[test]
fn arrows_run_one_way() {
    let metadata = metadata();
    let members: BTreeSet<&str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| package["source"].is_null())
        .map(|package| package["name"].as_str().unwrap())
        .collect();
    let listed: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(members, listed, "every crate has its row");
    for package in metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| package["source"].is_null())
    {
        let name = package["name"].as_str().unwrap();
        let (_, allowed) = ARROWS.iter().find(|(member, _)| *member == name).unwrap();
        for dependency in package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
        {
            let dependency = dependency["name"].as_str().unwrap();
            assert!(
                !members.contains(dependency) || allowed.contains(&dependency),
                "{name} must not know {dependency}"
            );
        }
    }
}

#[test]
fn libraries_link_no_database_and_there_is_one_http_client() {
    let metadata = metadata();
    let (names, edges) = graph(&metadata);
    for library in [
        "spanloom-core",
        "spanloom-instrumentation",
        "spanloom-exporter",
        "spanloom",
        "spanloom-testkit",
    ] {
        let reach = reach(library, &names, &edges);
        assert!(!reach.contains("libsqlite3-sys"), "{library} links SQLite");
        assert!(!reach.contains("openssl-sys"), "{library} links OpenSSL");
    }
    let core = reach("spanloom-core", &names, &edges);
    assert!(
        core.is_disjoint(
            &["tokio", "reqwest", "opentelemetry"]
                .map(str::to_owned)
                .into()
        ),
        "{core:?}"
    );
    assert!(
        core.len() <= 15,
        "core reaches {} crates: {core:?}",
        core.len()
    );
    let instrumentation = reach("spanloom-instrumentation", &names, &edges);
    assert!(!instrumentation.contains("axum") && !instrumentation.contains("spanloom-exporter"));
    assert_eq!(
        names.values().filter(|name| *name == "reqwest").count(),
        1,
        "exactly one reqwest in the tree"
    );
}
