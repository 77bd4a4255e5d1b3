//! DuckDB reads an exported file as it is meant.

use std::process::Command;

use serde_json::{Value, json};
use spanloom_tests::parts::duckdb;

use crate::program::built;
use crate::weave::demo;

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_reads_what_the_lines_of_json_have() {
    let server = demo().await;
    let folder = tempfile::tempdir().unwrap();
    let program = built("spanloom");
    let export = |format: &str| {
        let file = folder.path().join(format!("calls.{format}"));
        let stream = "demo/cookbook/openai_logs";
        let status = Command::new(&program)
            .args([
                "export",
                stream,
                "--server",
                &server.url,
                "--format",
                format,
            ])
            .arg("--output")
            .arg(&file)
            .status();
        assert!(status.unwrap().success(), "{format}");
        file
    };
    let lines = std::fs::read_to_string(export("jsonl")).unwrap();
    let calls: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let known = |name: &str| calls.iter().filter(|call| !call[name].is_null()).count();
    let tokens = calls
        .iter()
        .filter_map(|call| call["input_tokens"].as_i64());
    let cost: f64 = calls
        .iter()
        .filter_map(|call| call["cost_usd"].as_f64())
        .sum();

    let file = export("parquet");
    let ask = |question: &str| duckdb::ask(question, &file).unwrap();
    let sums = ask(
        "SELECT count(*), sum(input_tokens)::BIGINT, count(cost_usd), count(output), count(ttfc_ms) FROM FILE",
    );
    assert_eq!(
        sums,
        [[
            json!(calls.len()),
            json!(tokens.sum::<i64>()),
            json!(known("cost_usd")),
            json!(known("output")),
            json!(known("ttfc_ms")),
        ]]
    );
    assert!(
        known("cost_usd") < calls.len(),
        "the demo has unknown costs"
    );
    let found = ask("SELECT sum(cost_usd) FROM FILE");
    assert!((found[0][0].as_f64().unwrap() - cost).abs() < 1e-9);
    let kinds = ask("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM FILE)");
    for (name, kind) in [
        ("id", "VARCHAR"),
        ("started_at", "TIMESTAMP WITH TIME ZONE"),
        ("started_at_ns", "BIGINT"),
        ("latency_ms", "DOUBLE"),
        ("streamed", "BOOLEAN"),
        ("input_tokens", "BIGINT"),
    ] {
        assert!(
            kinds
                .iter()
                .any(|row| row[0] == name && row[1].as_str().unwrap().starts_with(kind)),
            "{name} {kinds:?}"
        );
    }
    // Times and texts of each call.
    let rows = ask(
        "SELECT id, epoch_us(started_at) // 1000, model, inputs, attributes, started_at_ns // 1000000 FROM FILE",
    );
    for row in rows {
        let call = calls.iter().find(|call| call["id"] == row[0]).unwrap();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds of this century"
        )]
        let started_at = call["started_at"].as_f64().unwrap() as i64;
        assert_eq!((&row[1], &row[5]), (&json!(started_at), &json!(started_at)));
        assert_eq!(row[2], call["model"]);
        let parsed = |text: &Value| serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap();
        assert_eq!(parsed(&row[3]), call["inputs"]);
        assert_eq!(parsed(&row[4]), call["attributes"]);
    }
}
