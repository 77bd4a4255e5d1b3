//! Feedback: made, read, found by, and removed.

use serde_json::{Value, json};

use crate::setup::{Running, call};

const PROJECT: &str = "acme/chatbot";

fn call_ref(n: u32) -> String {
    format!("weave:///{PROJECT}/call/{n:016x}")
}

async fn ask(server: &Running, path: &str, body: Value) -> (u16, Value) {
    let mut of_project = json!({"project_id": PROJECT});
    of_project
        .as_object_mut()
        .unwrap()
        .extend(body.as_object().unwrap().clone());
    let answer = server.post(path, &of_project).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn new(n: u32, kind: &str, payload: impl Into<Value>) -> Value {
    json!({"project_id": PROJECT, "weave_ref": call_ref(n), "feedback_type": kind, "payload": payload.into(), "creator": "Ada", "scorer_tags": [], "span_status_code": "UNSET"})
}

async fn create(server: &Running, new: Value) -> Value {
    let (status, answer) = ask(server, "/feedback/create", new).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn query(server: &Running, body: Value) -> Vec<Value> {
    let (status, answer) = ask(server, "/feedback/query", body).await;
    assert_eq!(status, 200, "{answer}");
    answer["result"].as_array().unwrap().clone()
}

fn equal(field: &str, value: impl Into<Value>) -> Value {
    json!({"$eq": [{"$getField": field}, {"$literal": value.into()}]})
}

#[tokio::test]
async fn feedback_comes_back_in_queries_and_in_calls_until_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    server.record(&[call(1), call(2)]).await;
    let made = create(&server, new(1, "wandb.reaction.1", json!({"emoji": "👍🏽"}))).await;
    assert_eq!(made["payload"]["detoned_alias"], ":thumbs_up:");
    assert_eq!(made["wb_user_id"], "local");
    create(&server, new(1, "wandb.note.1", json!({"note": "good"}))).await;
    create(
        &server,
        new(2, "stars", json!({"stars": 5, "why": {"text": "short"}})),
    )
    .await;
    let batch = json!({"batch": [{"project_id": PROJECT, "id": "own", "weave_ref": call_ref(2), "feedback_type": "stars", "payload": {"stars": 1}}]});
    for _ in 0..2 {
        let (_, answer) = ask(&server, "/feedback/batch/create", batch.clone()).await;
        assert_eq!(answer["res"][0]["id"], "own");
    }
    server.stop().await;

    let server = Running::with_database(&path).await;
    let all = query(&server, json!({"fields": null, "query": null})).await;
    assert_eq!(all.len(), 4);
    let names: Vec<&String> = all[0].as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 12, "{names:?}");
    assert_eq!(
        (&all[0]["creator"], &all[0]["project_id"]),
        (&json!("Ada"), &json!(PROJECT))
    );
    let of_call = json!({"query": {"$expr": equal("weave_ref", call_ref(2))}, "sort_by": [{"field": "payload.stars", "direction": "asc"}]});
    let stars: Vec<Value> = query(&server, of_call)
        .await
        .iter()
        .map(|one| one["payload"]["stars"].clone())
        .collect();
    assert_eq!(stars, [json!(1), json!(5)]);
    let paged = json!({"fields": ["id", "payload.why.text"], "query": {"$expr": equal("payload.stars", 5)}, "limit": 1, "offset": 0});
    assert_eq!(query(&server, paged).await[0]["payload.why.text"], "short");
    let (_, count) = ask(&server, "/feedback/query", json!({"fields": ["count(*)"]})).await;
    assert_eq!(
        count,
        json!({"result": [{"count(*)": 4}], "total_count": 4})
    );
    let always =
        json!({"query": {"$expr": {"$eq": [{"$literal": "1"}, {"$literal": "1"}]}}, "limit": 2});
    assert_eq!(query(&server, always).await.len(), 2);
    assert_eq!(
        ask(&server, "/feedback/query", json!({"fields": ["nothing"]}))
            .await
            .0,
        400
    );

    let calls = server.query(json!({"include_feedback": true})).await;
    let kinds = |call: &Value| -> Vec<String> {
        let feedback = call["summary"]["weave"]["feedback"].as_array().unwrap();
        feedback
            .iter()
            .map(|one| one["feedback_type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(kinds(&calls[0]), ["wandb.reaction.1", "wandb.note.1"]);
    assert_eq!(
        calls[1]["summary"]["weave"]["feedback"][0]
            .as_object()
            .unwrap()
            .len(),
        11
    );
    let plain = server.query(json!({})).await;
    assert!(plain[0]["summary"]["weave"].get("feedback").is_none());
    for (condition, expected) in [
        (equal("feedback.[stars].payload.stars", 1), 1),
        (equal("feedback.[stars].payload.stars", 2), 0),
        (equal("feedback.[wandb.note.1].payload.note", "good"), 1),
        (
            json!({"$not": [equal("feedback.[stars].payload.stars", "")]}),
            1,
        ),
        (equal("feedback.[*].payload.emoji", "👍🏽"), 1),
        (equal("feedback.[none].payload.x", ""), 2),
    ] {
        let found = server.query(json!({"query": {"$expr": condition}})).await;
        assert_eq!(found.len(), expected, "{condition}");
    }

    let purge = async |expression: Value| {
        ask(
            &server,
            "/feedback/purge",
            json!({"query": {"$expr": expression}}),
        )
        .await
        .0
    };
    assert_eq!(purge(equal("creator", "Ada")).await, 400);
    assert_eq!(purge(equal("id", "own")).await, 200);
    assert_eq!(purge(equal("id", "unknown")).await, 200);
    let mut other = new(2, "stars", json!({"stars": 3}));
    other["feedback_id"] = all[2]["id"].clone();
    assert_eq!(ask(&server, "/feedback/replace", other).await.0, 200);
    let left = query(
        &server,
        json!({"query": {"$expr": equal("feedback_type", "stars")}}),
    )
    .await;
    assert_eq!(
        left.iter()
            .map(|one| &one["payload"]["stars"])
            .collect::<Vec<_>>(),
        [&json!(3)]
    );
    // What is said of a call goes with it.
    ask(
        &server,
        "/calls/delete",
        json!({"call_ids": [format!("{:016x}", 1)]}),
    )
    .await;
    assert_eq!(query(&server, json!({})).await.len(), 1);
}

#[tokio::test]
async fn feedback_that_lacks_what_its_kind_must_have_is_refused() {
    let server = Running::new().await;
    let op = format!("weave:///{PROJECT}/op/correct:d1");
    let object = format!("weave:///{PROJECT}/object/correct:d1");
    let with = |mut new: Value, more: Value| {
        new.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        new
    };
    let published = async |name: &str, class: &str| -> String {
        let val = json!({"_class_name": class, "_bases": [class, "BaseObject", "BaseModel"],
            "field_schema": {"type": "number", "minimum": 0, "maximum": 1}});
        let obj = json!({"project_id": PROJECT, "object_id": name, "val": val});
        let made = ask(&server, "/obj/create", json!({"obj": obj})).await.1;
        let digest = made["digest"].as_str().unwrap();
        format!("weave:///{PROJECT}/object/{name}:{digest}")
    };
    let spec = published("correct", "AnnotationSpec").await;
    let no_spec = published("scorer", "Scorer").await;
    let score = new(1, "wandb.runnable.correct", json!({"output": true}));
    let rating = new(1, "wandb.annotation.correct", json!({"value": 1}));
    let rated = |value: Value, spec: &str| {
        let kind = spec.rsplit_once('/').unwrap().1.split(':').next().unwrap();
        with(
            new(
                1,
                &format!("wandb.annotation.{kind}"),
                json!({"value": value}),
            ),
            json!({"annotation_ref": spec}),
        )
    };
    for (feedback, status) in [
        (new(1, "wandb.reaction.1", json!({"emoji": "ab"})), 400),
        (new(1, "wandb.reaction.1", json!({})), 400),
        (new(1, "wandb.note.1", json!({"note": ""})), 400),
        (
            new(1, "wandb.note.1", json!({"note": "ü".repeat(1_025)})),
            400,
        ),
        (
            new(1, "wandb.note.1", json!({"note": "ü".repeat(1_024)})),
            200,
        ),
        (new(1, "x", json!({"text": "x".repeat(1 << 20)})), 400),
        (score.clone(), 400),
        (with(score.clone(), json!({"runnable_ref": op})), 400),
        (
            with(
                score.clone(),
                json!({"runnable_ref": op, "call_ref": call_ref(2)}),
            ),
            200,
        ),
        (with(score.clone(), json!({"runnable_ref": object})), 200),
        (with(score.clone(), json!({"runnable_ref": "nothing"})), 400),
        (
            with(score, json!({"runnable_ref": object, "payload": {}})),
            400,
        ),
        (new(1, "wandb.runnable.", json!({"output": 1})), 400),
        (rating.clone(), 400),
        (rated(json!(1), &spec), 200),
        (rated(json!(42), &spec), 400),
        (rated(json!("1"), &spec), 400),
        (rated(json!(1), &no_spec), 400),
        (rated(json!(1), &object), 404),
        (rated(json!(1), &spec.replace("acme", "other")), 400),
        (
            with(
                rating.clone(),
                json!({"annotation_ref": format!("weave:///{PROJECT}/object/other:d1")}),
            ),
            400,
        ),
        (
            with(rating, json!({"annotation_ref": spec, "payload": {}})),
            400,
        ),
        (
            with(new(1, "x", json!({})), json!({"runnable_ref": object})),
            400,
        ),
        (
            with(new(1, "x", json!({})), json!({"annotation_ref": object})),
            400,
        ),
        (
            new(1, "wandb.agent_user_feedback", json!({"emoji": "👍"})),
            200,
        ),
        (json!({"feedback_type": "x"}), 422),
    ] {
        assert_eq!(
            ask(&server, "/feedback/create", feedback.clone()).await.0,
            status,
            "{feedback}"
        );
    }
    // A spec that was deleted takes no more annotations.
    let (name, digest) = ("correct", spec.rsplit_once(':').unwrap().1);
    let deleted = json!({"project_id": PROJECT, "object_id": name, "digests": [digest]});
    assert_eq!(ask(&server, "/obj/delete", deleted).await.0, 200);
    let late = rated(json!(1), &spec);
    assert_eq!(ask(&server, "/feedback/create", late).await.0, 400);
    // One that is refused refuses its batch.
    let before = query(&server, json!({})).await.len();
    let batch = json!({"batch": [new(1, "x", json!({})), new(1, "wandb.note.1", json!({}))]});
    assert_eq!(ask(&server, "/feedback/batch/create", batch).await.0, 400);
    assert_eq!(query(&server, json!({})).await.len(), before);
}

#[tokio::test]
async fn a_condition_is_met_by_any_feedback_of_its_kind() {
    let server = Running::new().await;
    server.record(&[call(1), call(2)]).await;
    for (kind, payload) in [
        ("mark", json!({"x": "a", "n": 1})),
        ("mark", json!({"x": "b", "n": 2})),
        ("other", json!({"x": "a"})),
        ("other", json!({"x": "b"})),
    ] {
        create(&server, new(1, kind, payload)).await;
    }
    let (mark, other) = ("feedback.[mark].payload.x", "feedback.[other].payload.x");
    let number = json!({"$getField": "feedback.[mark].payload.n"});
    for (condition, expected) in [
        (json!({"$and": [equal(mark, "a"), equal(mark, "b")]}), 1),
        (json!({"$not": [equal(mark, "b")]}), 1),
        (json!({"$and": [equal(mark, "b"), equal(other, "b")]}), 1),
        (json!({"$gt": [number, {"$literal": 1}]}), 1),
        (json!({"$gt": [number, {"$literal": 2}]}), 0),
        // A null asks for calls without such feedback.
        (json!({"$eq": [{"$getField": mark}, {"$literal": null}]}), 1),
        (
            json!({"$not": [{"$eq": [{"$getField": mark}, {"$literal": null}]}]}),
            1,
        ),
        (
            json!({"$gte": [{"$getField": "feedback.[none].payload.x"}, {"$literal": "2026-11-22"}]}),
            0,
        ),
        (
            json!({"$gt": [{"$convert": {"input": number, "to": "double"}}, {"$literal": 1}]}),
            1,
        ),
        (
            json!({"$in": [{"$getField": mark}, [{"$literal": "b"}, {"$literal": "c"}]]}),
            1,
        ),
        (
            json!({"$contains": {"input": {"$getField": other}, "substr": {"$literal": "B"}, "case_insensitive": true}}),
            1,
        ),
    ] {
        let found = server.query(json!({"query": {"$expr": condition}})).await;
        assert_eq!(found.len(), expected, "{condition}");
    }
    let sort = json!([{"field": "feedback.[mark].payload.n", "direction": "asc"}]);
    let ids: Vec<Value> = server
        .query(json!({"sort_by": sort}))
        .await
        .iter()
        .map(|call| call["id"].clone())
        .collect();
    assert_eq!(ids, [call(1)["id"].clone(), call(2)["id"].clone()]);
}

#[tokio::test]
async fn much_feedback_of_a_call_is_cut_and_all_calls_come() {
    let server = Running::new().await;
    server.record(&(1..=40).map(call).collect::<Vec<_>>()).await;
    let long = json!({"text": "x".repeat(600_000)});
    for n in [1, 1, 1, 1, 1, 1, 1, 1, 1, 33, 34] {
        create(&server, new(n, "x", long.clone())).await;
    }
    let calls = server.query(json!({"include_feedback": true})).await;
    assert_eq!(calls.len(), 40);
    let count = |n: usize| {
        calls[n]["summary"]["weave"]["feedback"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((count(0), count(32), count(33), count(39)), (7, 1, 1, 0));
    let two = json!({"$getField": "feedback.[*].payload.text"});
    let query = json!({"project_id": PROJECT, "query": {"$expr": {"$eq": [two, two]}}});
    assert_eq!(
        server.post("/calls/stream_query", &query).await.status(),
        400
    );
}
