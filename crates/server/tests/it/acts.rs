//! Random acts of a client, in any order and over restarts: reads are those of a plain list of calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::setup::{Random, Running, call};

const PROJECT: &str = "acme/chatbot";
/// The calls that acts are about: few, so that many acts are about one.
const CALLS: usize = 12;
const ACTS: usize = 400;

/// What is known of a call.
#[derive(Clone, Debug, Default)]
struct Known {
    has_started: bool,
    has_ended: bool,
    /// The last name that it was given; an empty one removes the name.
    name: Option<String>,
    feedback: Vec<String>,
}

fn id(n: usize) -> String {
    format!("{n:016x}")
}

fn start(n: usize) -> Value {
    let mut start = call(u32::try_from(n).unwrap());
    for field in ["ended_at", "output", "summary"] {
        start.as_object_mut().unwrap().remove(field);
    }
    start
}

fn end(n: usize) -> Value {
    let whole = call(u32::try_from(n).unwrap());
    json!({"project_id": PROJECT, "id": id(n), "ended_at": whole["ended_at"], "output": whole["output"], "summary": whole["summary"]})
}

/// Does an act, to the server and to the list.
async fn act(server: &Running, known: &mut BTreeMap<usize, Known>, random: &mut Random) {
    let n = random.below(CALLS);
    let call = known.entry(n).or_default();
    match random.below(8) {
        0 => {
            call.has_started = true;
            server
                .post("/call/start", &json!({"start": start(n)}))
                .await;
        }
        1 => {
            call.has_ended = true;
            server.post("/call/end", &json!({"end": end(n)})).await;
        }
        2 => {
            (call.has_started, call.has_ended) = (true, true);
            let whole = crate::setup::call(u32::try_from(n).unwrap());
            server.record(&[whole]).await;
        }
        3 | 4 => {
            let name = ["", "one", "two"][random.below(3)];
            call.name = Some(name.to_owned());
            let update = json!({"project_id": PROJECT, "call_id": id(n), "display_name": name});
            server.post("/call/update", &update).await;
        }
        5 => {
            let feedback = json!({"project_id": PROJECT, "weave_ref": format!("weave:///{PROJECT}/call/{}", id(n)),
                "feedback_type": "stars", "payload": {"stars": random.below(3)}});
            let made = server.ask("/feedback/create", feedback).await;
            call.feedback.push(made["id"].as_str().unwrap().to_owned());
        }
        6 => {
            if let Some(gone) = call.feedback.pop() {
                let query = json!({"$expr": {"$eq": [{"$getField": "id"}, {"$literal": gone}]}});
                server.ask("/feedback/purge", json!({"query": query})).await;
            }
        }
        _ => {
            let answer = server
                .ask("/calls/delete", json!({"call_ids": [id(n)]}))
                .await;
            assert_eq!(answer["num_deleted"], u8::from(call.has_started));
            known.remove(&n);
        }
    }
}

/// Compares what the server has with the list.
async fn check(server: &Running, known: &BTreeMap<usize, Known>) {
    let sort = json!([{"field": "started_at", "direction": "asc"}]);
    let calls = server
        .query(json!({"sort_by": sort, "include_feedback": true}))
        .await;
    let expected = known.iter().filter(|(_, call)| call.has_started);
    let expected: Vec<(&usize, &Known)> = expected.collect();
    assert_eq!(calls.len(), expected.len());
    for (found, (n, call)) in calls.iter().zip(expected) {
        assert_eq!(found["id"], id(*n));
        let whole = crate::setup::call(u32::try_from(*n).unwrap());
        assert_eq!(found["inputs"], whole["inputs"]);
        let (ended_at, output) = match call.has_ended {
            true => (whole["ended_at"].clone(), whole["output"].clone()),
            false => (Value::Null, Value::Null),
        };
        assert_eq!(
            (&found["ended_at"], &found["output"]),
            (&ended_at, &output),
            "{found}"
        );
        let feedback = found["summary"]["weave"]["feedback"].as_array().unwrap();
        let ids: Vec<&str> = feedback
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, call.feedback);
        // A part that comes after a name may have a name of its own.
        let names = [
            call.name.as_deref().filter(|name| !name.is_empty()),
            whole["display_name"].as_str(),
        ];
        assert!(
            names.contains(&found["display_name"].as_str()),
            "{found} and {call:?}"
        );
    }
}

#[tokio::test]
async fn reads_are_those_of_a_plain_list_of_calls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let mut random = Random(0xac75);
    let mut server = Running::with_database(&path).await;
    let mut known = BTreeMap::new();
    for n in 0..ACTS {
        act(&server, &mut known, &mut random).await;
        if n % 10 == 0 {
            check(&server, &known).await;
        }
        if random.below(50) == 0 {
            server.stop().await;
            server = Running::with_database(&path).await;
        }
    }
    check(&server, &known).await;
}
