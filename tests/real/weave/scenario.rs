//! W&B's own clients do what their users do in a day, and each step is read back: `tests/parts/weave/scenario.py` and
//! `scenario.mjs`.

use serde_json::{Value, json};
use spanloom_tests::parts::weave::{CLIENT, RECORDERS, run, run_typescript};

use crate::program::Server;

/// The step that may be left out: the client cannot read its own saved view.
const LEFT_OUT: [&str; 1] = ["saved_view"];
/// The steps that the newest version does at least.
const LEAST: usize = 48;

async fn steps(version: &'static str) -> Vec<Value> {
    let server = Server::start().await;
    let url = server.url.clone();
    let lines = move || run(version, "scenario.py", &["me/day"], &url, b"").unwrap();
    let done = tokio::task::spawn_blocking(lines).await.unwrap().remove(0);
    assert_eq!(done["client"], version);
    assert_eq!(done["problems"], json!([]), "{version}");
    assert_eq!(done["end"], "finished");
    done["steps"].as_array().unwrap().clone()
}

fn failed(steps: &[Value]) -> Vec<&Value> {
    steps.iter().filter(|step| step["ok"] == false).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_day_passes_whole() {
    let steps = steps(CLIENT).await;
    assert!(failed(&steps).is_empty(), "{:#?}", failed(&steps));
    let passed = steps.iter().filter(|step| step["ok"] == true).count();
    assert!(passed >= LEAST, "{passed} steps");
    for step in steps.iter().filter(|step| step["ok"] != true) {
        let name = step["step"].as_str().unwrap();
        assert!(LEFT_OUT.contains(&name), "{step}");
    }
}

/// The steps that the TypeScript client does.
const TYPESCRIPT: usize = 37;

#[tokio::test(flavor = "multi_thread")]
async fn a_typescript_users_day_passes_whole() {
    let server = Server::start().await;
    let url = server.url.clone();
    let lines = move || run_typescript("me/day", &url).unwrap();
    let done = tokio::task::spawn_blocking(lines).await.unwrap().remove(0);
    let steps = done["steps"].as_array().unwrap();
    assert!(failed(steps).is_empty(), "{:#?}", failed(steps));
    let passed = steps.iter().filter(|step| step["ok"] == true);
    assert_eq!((passed.count(), steps.len()), (TYPESCRIPT, TYPESCRIPT));
    assert_eq!(
        (&done["problems"], &done["refused"], &done["end"]),
        (&json!([]), &json!([]), &json!("finished"))
    );
}

/// The wider matrix: `.ci/matrix` runs it, and keeps the lines that it prints.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes many minutes: `.ci/matrix` runs it"]
async fn earlier_versions() {
    for version in RECORDERS {
        let steps = steps(version).await;
        let passed = steps.iter().filter(|step| step["ok"] == true).count();
        let left_out: Vec<String> = steps
            .iter()
            .filter_map(|step| {
                let reason = step["skipped"].as_str()?;
                Some(format!("{} ({reason})", step["step"].as_str()?))
            })
            .collect();
        let names = failed(&steps)
            .iter()
            .map(|step| step["step"].as_str().unwrap_or_default())
            .collect::<Vec<_>>();
        println!(
            "| {version} | {passed} | {} | {} |",
            names.join(", "),
            left_out.join("; ")
        );
    }
}
