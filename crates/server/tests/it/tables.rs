//! Tables: made, changed, and read in pages.

use serde_json::{Value, json};

use crate::setup::Running;

const PROJECT: &str = "acme/chatbot";

async fn answer(server: &Running, path: &str, body: Value) -> (u16, Value) {
    let answer = server.post(path, &body).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn create(server: &Running, rows: Value) -> (String, Value) {
    let table = json!({"table": {"project_id": PROJECT, "rows": rows, "expected_digest": null}});
    let (status, found) = answer(server, "/table/create", table).await;
    assert_eq!(status, 200, "{found}");
    (
        found["digest"].as_str().unwrap().to_owned(),
        found["row_digests"].clone(),
    )
}

/// Returns the rows of an answer, each with its place in the table.
async fn rows(server: &Running, digest: &str, more: Value) -> Vec<(Value, Value)> {
    let mut query =
        json!({"project_id": PROJECT, "digest": digest, "filter": null, "sort_by": null});
    query
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let (status, found) = answer(server, "/table/query", query).await;
    assert_eq!(status, 200, "{found}");
    let rows = found["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["val"].clone(), row["original_index"].clone()))
        .collect()
}

async fn values(server: &Running, digest: &str, more: Value) -> Value {
    let rows = rows(server, digest, more).await;
    rows.into_iter()
        .map(|(value, _)| value["a"].clone())
        .collect()
}

#[tokio::test]
async fn a_table_comes_back_in_pages_in_its_order_or_in_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    let made = json!([{"a": 2}, {"a": "x"}, {"a": 10}, {"b": 1}, {"a": 2}]);
    let (digest, digests) = create(&server, made.clone()).await;
    assert_eq!(create(&server, made.clone()).await.0, digest);
    server.stop().await;
    let server = Running::with_database(&path).await;
    let all = rows(&server, &digest, json!({})).await;
    assert_eq!(
        all.iter().map(|(row, _)| row).collect::<Vec<_>>(),
        made.as_array().unwrap().iter().collect::<Vec<_>>()
    );
    let page = rows(&server, &digest, json!({"offset": 1, "limit": 2})).await;
    assert_eq!(page, all[1..3]);
    assert_eq!(page[0].1, 1);
    let wanted = json!({"filter": {"row_digests": [digests[0]]}});
    let twice = rows(&server, &digest, wanted).await;
    assert_eq!(twice, [all[0].clone(), all[4].clone()]);
    assert_eq!(
        rows(&server, &digest, json!({"filter": {"row_digests": []}}))
            .await
            .len(),
        5
    );
    assert!(rows(&server, &digest, json!({"limit": 0})).await.is_empty());
    assert!(rows(&server, "unknown", json!({})).await.is_empty());
    for (direction, expected) in [
        ("asc", json!([2, 2, 10, "x", null])),
        ("desc", json!([10, 2, 2, "x", null])),
    ] {
        let sort = json!({"sort_by": [{"field": "a", "direction": direction}]});
        assert_eq!(values(&server, &digest, sort).await, expected);
    }
    let last = json!({"sort_by": [{"field": "a", "direction": "desc"}], "offset": 3, "limit": 1});
    assert_eq!(values(&server, &digest, last).await, json!(["x"]));

    let stats = async |path: &str, more: Value| {
        let mut body = json!({"project_id": PROJECT});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        answer(&server, path, body).await.1
    };
    assert_eq!(
        stats("/table/query_stats", json!({"digest": digest})).await,
        json!({"count": 5})
    );
    assert_eq!(
        stats("/table/query_stats", json!({"digest": "unknown"})).await,
        json!({"count": 0})
    );
    let several = json!({"digests": [digest, "unknown"], "include_storage_size": true});
    let several = stats("/table/query_stats_batch", several).await;
    let size = made
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.to_string().len())
        .sum::<usize>();
    assert_eq!(
        several,
        json!({"tables": [{"digest": digest, "count": 5, "storage_size_bytes": size}]})
    );
}

#[tokio::test]
async fn another_table_is_made_by_changes_and_from_rows() {
    let server = Running::new().await;
    let (digest, rows_of) = create(&server, json!([{"a": 1}, {"a": 2}])).await;
    let update = async |base: &str, updates: Value| {
        let body = json!({"project_id": PROJECT, "base_digest": base, "updates": updates});
        answer(&server, "/table/update", body).await
    };
    let changes = json!([{"append": {"row": {"a": 3}}}, {"pop": {"index": 0}}, {"insert": {"index": 2, "row": {"a": 4}}}]);
    let (status, changed) = update(&digest, changes).await;
    assert_eq!(
        (status, &changed["updated_row_digests"][1]),
        (200, &rows_of[0])
    );
    assert_eq!(changed["updated_row_digests"].as_array().unwrap().len(), 3);
    let new = changed["digest"].as_str().unwrap();
    assert_eq!(values(&server, new, json!({})).await, json!([2, 3, 4]));
    assert_eq!(values(&server, &digest, json!({})).await, json!([1, 2]));
    assert_eq!(update(&digest, json!([])).await.1["digest"], digest);
    for wrong in [
        json!([{"pop": {"index": 2}}]),
        json!([{"insert": {"index": 3, "row": {}}}]),
    ] {
        assert_eq!(update(&digest, wrong).await.0, 400);
    }
    assert_eq!(update("unknown", json!([])).await.0, 404);
    assert_eq!(
        update(&digest, json!([{"append": {"row": 5}}])).await.0,
        422
    );

    let from = async |rows: &Value, expected: Value| {
        let body = json!({"project_id": PROJECT, "row_digests": rows, "expected_digest": expected});
        answer(&server, "/table/create_from_digests", body).await
    };
    let same = from(&rows_of, json!(digest)).await;
    assert_eq!(same, (200, json!({"digest": digest})));
    assert_eq!(from(&rows_of, json!("other")).await.0, 409);
    assert_eq!(from(&json!(["a b"]), Value::Null).await.0, 400);
    let (_, empty) = from(&json!([]), Value::Null).await;
    assert!(
        rows(&server, empty["digest"].as_str().unwrap(), json!({}))
            .await
            .is_empty()
    );
    let other = json!({"table": {"project_id": PROJECT, "rows": [], "expected_digest": "other"}});
    assert_eq!(answer(&server, "/table/create", other).await.0, 409);
}

#[tokio::test]
async fn a_reference_leads_to_a_row_of_a_dataset() {
    let server = Running::new().await;
    let (digest, rows_of) = create(&server, json!([{"q": {"text": "2 + 2?"}}])).await;
    let table = format!("weave:///{PROJECT}/table/{digest}");
    let object = json!({"obj": {"project_id": PROJECT, "object_id": "sums", "val": {"_type": "Dataset", "rows": table}}});
    let (_, object) = answer(&server, "/obj/create", object).await;
    let dataset = format!(
        "weave:///{PROJECT}/object/sums:{}",
        object["digest"].as_str().unwrap()
    );
    let row = format!("{dataset}/attr/rows/id/{}", rows_of[0].as_str().unwrap());
    let read = async |reference: String| {
        answer(&server, "/refs/read_batch", json!({"refs": [reference]})).await
    };
    let (_, text) = read(format!("{row}/key/q/key/text")).await;
    assert_eq!(text, json!({"vals": ["2 + 2?"]}));
    assert_eq!(
        read(format!("{dataset}/attr/rows")).await.1,
        json!({"vals": [table]})
    );
    assert_eq!(read(format!("{dataset}/attr/rows/id/unknown")).await.0, 404);
    assert_eq!(read(format!("{dataset}/attr/rows/index/0")).await.0, 400);
    assert_eq!(read(table).await.0, 400);
}

#[tokio::test]
async fn a_table_and_a_request_have_so_many_rows() {
    let server = Running::new().await;
    let rows =
        |count: usize| json!({"table": {"project_id": PROJECT, "rows": vec![json!({}); count]}});
    let (status, made) = answer(&server, "/table/create", rows(100_000)).await;
    assert_eq!(status, 200);
    assert_eq!(answer(&server, "/table/create", rows(100_001)).await.0, 413);
    let digest = made["digest"].as_str().unwrap();
    let front = json!({"insert": {"index": 0, "row": {}}});
    let update =
        json!({"project_id": PROJECT, "base_digest": digest, "updates": vec![front; 1_001]});
    assert_eq!(answer(&server, "/table/update", update).await.0, 413);
    // A row that occurs many times, and one that is not there, take their part of an answer too.
    let digests = vec!["x"; 600_000];
    let body = json!({"project_id": PROJECT, "row_digests": digests});
    let (_, missing) = answer(&server, "/table/create_from_digests", body).await;
    let query = json!({"project_id": PROJECT, "digest": missing["digest"]});
    assert_eq!(answer(&server, "/table/query", query).await.0, 422);
    let sort =
        json!({"project_id": PROJECT, "digest": digest, "sort_by": vec![json!({"field": "a"}); 9]});
    assert_eq!(answer(&server, "/table/query", sort).await.0, 422);
}
