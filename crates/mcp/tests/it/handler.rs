//! The wrapper passes on every method of rmcp's trait: one with a default that is missing would hide the handler's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// Returns the folder of the rmcp that these tests are built with.
fn rmcp() -> PathBuf {
    // Packages of other platforms need not have been fetched.
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(["--filter-platform", host.unwrap()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let rmcp = packages
        .iter()
        .find(|package| package["name"] == "rmcp")
        .unwrap();
    let manifest = PathBuf::from(rmcp["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}

/// Returns the names of the methods in a piece of source: those that take a handler.
fn methods(source: &str) -> BTreeSet<String> {
    let methods = source.split("fn ").skip(1);
    let methods = methods.filter(|method| {
        let parameters = method.split_once('(').map(|(_, rest)| rest.trim_start());
        parameters.is_some_and(|rest| rest.starts_with("&self"))
    });
    methods
        .map(|method| method.split('(').next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_method_of_the_trait_is_passed_on() {
    let theirs = fs::read_to_string(rmcp().join("src/handler/server.rs")).unwrap();
    let (_, theirs) = theirs
        .split_once("macro_rules! server_handler_methods")
        .unwrap();
    let (theirs, _) = theirs.split_once("pub trait ServerHandler").unwrap();
    let theirs = methods(theirs);
    assert!(theirs.len() > 25, "{theirs:?}");
    let ours = include_str!("../../src/server.rs");
    let (_, ours) = ours
        .split_once("ServerHandler for MonitoredServer")
        .unwrap();
    let missing: Vec<&String> = theirs
        .iter()
        .filter(|name| !ours.contains(&format!(" {name}(")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
