//! The calls that W&B's storage accepts: it refuses some that the request models accept.

use serde_json::{Value, json};
use spanloom_core::Record;
use spanloom_exporter::Destination;
use spanloom_tests::parts::weave::{MAPPER, run};

use super::native;

/// Returns the storage's answer to each call.
async fn stored(calls: Vec<Value>) -> Vec<Value> {
    let input: String = calls.iter().map(|call| format!("{call}\n")).collect();
    let ask = move || {
        run(
            MAPPER,
            "storage.py",
            &[],
            "http://127.0.0.1:9",
            input.as_bytes(),
        )
        .unwrap()
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_spans_are_as_good_as_uuids() {
    let (_, records) = native(Destination::spanloom, None).await;
    for record in &records {
        assert_eq!(
            (record.id.len(), record.trace_id.len()),
            (16, 32),
            "{record:#?}"
        );
    }
    let record = records.into_iter().next().unwrap().for_wandb();
    let with = |id: &str, trace: &str| {
        let mut call = serde_json::to_value(&record).unwrap();
        call["id"] = id.into();
        call["trace_id"] = trace.into();
        call
    };
    let said = stored(vec![
        with(&record.id, &record.trace_id),
        with(
            "0191d7a0-0000-7000-8000-000000000001",
            "0191d7a0-0000-7000-8000-000000000002",
        ),
        with("00F067AA0BA902B7", &record.trace_id),
        with(&record.id[1..], &record.trace_id),
        with(&record.id, &record.trace_id[1..]),
    ])
    .await;
    let taken: Vec<bool> = said.iter().map(|said| said["ok"] == true).collect();
    assert_eq!(taken, [true, true, false, false, false], "{said:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_what_the_exporter_sends_to_wandb() {
    let (_, records) = native(Destination::wandb, None).await;
    let calls = records
        .iter()
        .map(|record| serde_json::to_value(record).unwrap());
    for said in stored(calls.collect()).await {
        assert_eq!(said, json!({"ok": true}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn for_wandb_makes_every_record_one_it_takes() {
    let (_, mut records) = native(Destination::spanloom, None).await;
    let mut long = records[0].clone();
    long.op_name = "é".repeat(1_000);
    long.display_name = Some("é".repeat(5_000));
    records.push(long);
    let calls = |change: fn(Record) -> Record| -> Vec<Value> {
        let changed = records.iter().cloned().map(change);
        changed
            .map(|record| serde_json::to_value(record).unwrap())
            .collect()
    };
    for (said, call) in stored(calls(Record::for_wandb)).await.iter().zip(&records) {
        assert_eq!(*said, json!({"ok": true}), "{call:#?}");
    }
    // Unmodified, an end user is mistaken for an account, and a name is too long.
    for said in stored(calls(|record| record)).await {
        let error = said["error"].as_str().unwrap();
        assert!(
            error.contains("Invalid base64 string") || error.contains("String too long"),
            "{error}"
        );
    }
}
