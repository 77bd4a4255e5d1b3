//! Objects in versions, files, and references to both.

use reqwest::Response;
use serde_json::{Value, json};

use crate::setup::Running;

async fn created(server: &Running, name: &str, value: &Value) -> String {
    let obj = json!({"project_id": "acme/chatbot", "object_id": name, "val": value, "builtin_object_class": null, "expected_digest": null, "wb_user_id": null});
    let response = server.post("/obj/create", &json!({"obj": obj})).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["object_id"], name);
    answer["digest"].as_str().unwrap().to_owned()
}

async fn read(server: &Running, name: &str, digest: &str) -> (u16, Value) {
    let body = json!({"project_id": "acme/chatbot", "object_id": name, "digest": digest, "metadata_only": false});
    let response = server.post("/obj/read", &body).await;
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn values(server: &Running, refs: &[String]) -> Value {
    let response = server
        .post("/refs/read_batch", &json!({"refs": refs}))
        .await;
    response.json::<Value>().await.unwrap()["vals"].clone()
}

async fn listed(server: &Running, filter: Value) -> Vec<(String, i64)> {
    let body =
        json!({"project_id": "acme/chatbot", "filter": filter, "sort_by": null, "limit": null});
    let answer: Value = server
        .post("/objs/query", &body)
        .await
        .json()
        .await
        .unwrap();
    let objects = answer["objs"].as_array().unwrap().iter();
    objects
        .map(|it| {
            (
                it["object_id"].as_str().unwrap().to_owned(),
                it["version_index"].as_i64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn versions_are_told_apart_by_their_content() {
    let server = Running::new().await;
    let first = created(&server, "settings", &json!({"a": 1})).await;
    assert_eq!(first, "XdhgKMbg1k4iUYb5astpM4ssWXZN95FiEH9cS7NNExA");
    let second = created(&server, "settings", &json!({"a": 2})).await;
    let (_, latest) = read(&server, "settings", "latest").await;
    assert_eq!(
        (&latest["obj"]["digest"], &latest["obj"]["version_index"]),
        (&json!(second), &json!(1))
    );
    // The same content is the same version, and becomes the latest again.
    assert_eq!(created(&server, "settings", &json!({"a": 1})).await, first);
    let (_, latest) = read(&server, "settings", "latest").await;
    for (field, expected) in [
        ("digest", json!(first)),
        ("version_index", json!(0)),
        ("is_latest", json!(1)),
        ("kind", json!("object")),
        ("base_object_class", Value::Null),
        ("val", json!({"a": 1})),
        ("project_id", json!("acme/chatbot")),
        ("deleted_at", Value::Null),
    ] {
        assert_eq!(latest["obj"][field], expected, "{field}");
    }
    let (_, by_number) = read(&server, "settings", "v1").await;
    assert_eq!(
        (&by_number["obj"]["val"], &by_number["obj"]["is_latest"]),
        (&json!({"a": 2}), &json!(0))
    );
    let (missing, reason) = read(&server, "settings", "v2").await;
    assert_eq!(missing, 404);
    assert!(reason["reason"].as_str().unwrap().contains("settings:v2"));
}

#[tokio::test]
async fn deleted_versions_are_gone_and_say_when() {
    let server = Running::new().await;
    let (first, second) = (
        created(&server, "o", &json!(1)).await,
        created(&server, "o", &json!(2)).await,
    );
    let delete = async |digests: Value| {
        let body = json!({"project_id": "acme/chatbot", "object_id": "o", "digests": digests});
        let response = server.post("/obj/delete", &body).await;
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap(),
        )
    };
    assert_eq!(
        delete(json!([second])).await,
        (200, json!({"num_deleted": 1}))
    );
    let (status, answer) = read(&server, "o", &second).await;
    assert_eq!(status, 404);
    assert!(
        answer["deleted_at"].is_string() && answer["reason"].is_string(),
        "{answer}"
    );
    let (_, latest) = read(&server, "o", "latest").await;
    assert_eq!(latest["obj"]["digest"], first);
    assert_eq!(delete(json!([second])).await.0, 404);
    assert_eq!(delete(Value::Null).await, (200, json!({"num_deleted": 1})));
    assert_eq!(listed(&server, json!({})).await, []);
    // Publishing a deleted version again restores it in its old place.
    created(&server, "o", &json!(2)).await;
    assert_eq!(listed(&server, json!({})).await, [("o".to_owned(), 1)]);
}

#[tokio::test]
async fn references_lead_through_values_and_other_references() {
    let server = Running::new().await;
    let prompt = json!({"_type": "StringPrompt", "_class_name": "StringPrompt", "_bases": ["Prompt", "Object", "BaseModel"], "content": "Hallo"});
    let prompt = created(&server, "prompt", &prompt).await;
    let model = json!({"prompt": format!("weave:///acme/chatbot/object/prompt:{prompt}"), "a/b": [{"x": 1}, 2]});
    let model = created(&server, "model", &model).await;
    let at = |path: &str| format!("weave:///acme/chatbot/object/model:{model}{path}");
    let read = values(
        &server,
        &[
            at("/attr/prompt/attr/content"),
            at("/key/a%2Fb/index/1"),
            at("/attr/none"),
            at("/key/a%2Fb/index/7"),
        ],
    )
    .await;
    assert_eq!(read, json!(["Hallo", 2, null, null]));
    assert_eq!(
        values(&server, &[at("")]).await[0]["a/b"][0],
        json!({"x": 1})
    );
    let status = async |reference: &str| {
        let response = server
            .post("/refs/read_batch", &json!({"refs": [reference]}))
            .await;
        response.status().as_u16()
    };
    assert_eq!(
        status("weave:///acme/chatbot/object/model:nothing").await,
        404
    );
    assert_eq!(status("weave:///acme").await, 400);
    assert_eq!(
        listed(&server, json!({"base_object_classes": ["Prompt"]})).await,
        [("prompt".to_owned(), 0)]
    );
    assert_eq!(
        listed(&server, json!({"exclude_base_object_classes": ["Prompt"]})).await,
        [("model".to_owned(), 0)]
    );
    // A reference to itself, by the alias, without end.
    let itself = "weave:///acme/chatbot/object/loop:latest/attr/next/attr/next";
    created(&server, "loop", &json!({"next": itself})).await;
    assert_eq!(status(itself).await, 400);
}

#[tokio::test]
async fn a_value_comes_back_as_the_text_it_was() {
    let server = Running::new().await;
    let value = r#"{"z": 1,  "a": [1.0, 1e400, 123456789012345678901234567890], "é": "\u00e9"}"#;
    let body =
        format!(r#"{{"obj": {{"project_id": "acme/chatbot", "object_id": "o", "val": {value}}}}}"#);
    let request = server.client.post(format!("{}/obj/create", server.url));
    assert_eq!(request.body(body).send().await.unwrap().status(), 200);
    let query = json!({"project_id": "acme/chatbot", "object_id": "o", "digest": "latest"});
    let read = server.post("/obj/read", &query).await.text().await.unwrap();
    assert!(read.contains(&format!("\"val\":{value}")), "{read}");
    let listed = server
        .post("/objs/query", &json!({"project_id": "acme/chatbot"}))
        .await;
    assert!(listed.text().await.unwrap().contains(value));
}

#[tokio::test]
async fn an_op_and_an_object_of_one_name_are_two() {
    let server = Running::new().await;
    let op = json!({"_type": "CustomWeaveType", "weave_type": {"type": "Op"}, "files": {}});
    created(&server, "f", &op).await;
    let object = created(&server, "f", &json!({"x": 1})).await;
    let refs = ["op/f:v0", "op/f:latest", "object/f:v0", "object/f:latest"];
    let refs = refs.map(|end| format!("weave:///acme/chatbot/{end}"));
    assert_eq!(
        values(&server, &refs).await,
        json!([op, op, {"x": 1}, {"x": 1}])
    );
    let body = json!({"project_id": "acme/chatbot", "object_id": "f", "digests": [object]});
    assert_eq!(server.post("/obj/delete", &body).await.status(), 200);
    let (status, read) = read(&server, "f", "v0").await;
    assert_eq!((status, &read["obj"]["kind"]), (200, &json!("op")));
    assert_eq!(listed(&server, json!({"is_op": true})).await.len(), 1);
    assert_eq!(listed(&server, json!({"is_op": false})).await, []);
}

#[tokio::test]
async fn objects_are_sorted_by_several_fields() {
    let server = Running::new().await;
    for (name, value) in [("b", 1), ("a", 1), ("b", 2), ("a", 2)] {
        created(&server, name, &json!(value)).await;
    }
    let sort = json!([{"field": "object_id", "direction": "desc"}, {"field": "created_at", "direction": "asc"}]);
    let body =
        json!({"project_id": "acme/chatbot", "sort_by": sort, "metadata_only": true, "limit": 3});
    let answer: Value = server
        .post("/objs/query", &body)
        .await
        .json()
        .await
        .unwrap();
    let found: Vec<_> = answer["objs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["object_id"], &it["version_index"], &it["val"]))
        .collect();
    let expected =
        [("b", 0), ("b", 1), ("a", 0)].map(|(name, version)| (json!(name), json!(version)));
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, version)| (name, version, json!({})))
        .collect();
    assert!(
        found
            .iter()
            .zip(&expected)
            .all(|(found, expected)| (found.0, found.1, found.2)
                == (expected.0, expected.1, &expected.2)),
        "{found:?}"
    );
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn references_that_lead_to_ever_more_are_not_followed_for_ever() {
    let server = Running::new().await;
    created(&server, "o0", &json!({"a": {"a": 1}})).await;
    for level in 1..12 {
        let path = "/attr/a".repeat(20);
        let inner = format!("weave:///acme/chatbot/object/o{}:latest{path}", level - 1);
        let value = (0..20).fold(json!(inner), |value, _| json!({"a": inner, "b": value}));
        created(&server, &format!("o{level}"), &value).await;
    }
    let refs = vec![
        format!(
            "weave:///acme/chatbot/object/o11:latest{}",
            "/attr/a".repeat(20)
        );
        900
    ];
    let response = server
        .post("/refs/read_batch", &json!({"refs": refs}))
        .await;
    assert!(
        [200, 400].contains(&response.status().as_u16()),
        "{}",
        response.status()
    );
}

#[tokio::test]
async fn objects_that_cannot_be_are_refused() {
    let server = Running::new().await;
    let status = async |change: Value| {
        let mut obj = json!({"project_id": "acme/chatbot", "object_id": "o", "val": {}});
        obj.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        server
            .post("/obj/create", &json!({"obj": obj}))
            .await
            .status()
            .as_u16()
    };
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    for (change, expected) in [
        (json!({"object_id": "a".repeat(129)}), 400),
        (json!({"object_id": "a/b"}), 422),
        (json!({"project_id": "acme"}), 422),
        (json!({"val": {"r": "weave:///acme"}}), 400),
        (json!({"val": deep}), 422),
        (json!({"expected_digest": "another"}), 409),
        (json!({}), 200),
    ] {
        assert_eq!(status(change.clone()).await, expected, "{change}");
    }
}

/// Uploads a form in the format of W&B's clients.
async fn upload(server: &Running, path: &str, file: &[u8], expected: Option<&str>) -> Response {
    let mut body = b"--BOUNDARY\r\nContent-Disposition: form-data; name=\"project_id\"\r\n\r\nacme/chatbot\r\n".to_vec();
    if let Some(expected) = expected {
        body.extend(format!("--BOUNDARY\r\nContent-Disposition: form-data; name=\"expected_digest\"\r\n\r\n{expected}\r\n").into_bytes());
    }
    body.extend(b"--BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"obj.py\"\r\nContent-Type: text/x-python\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--BOUNDARY--\r\n");
    let request = server.client.post(format!("{}{path}", server.url));
    request
        .header("content-type", "multipart/form-data; boundary=BOUNDARY")
        .body(body)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn files_come_back_byte_for_byte_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    let file: Vec<u8> = (0..=255).chain(*b"\r\n--BOUNDAR").collect();
    let mut digests = Vec::new();
    for (path, expected) in [("/file/create", None), ("/files/create", None)] {
        let response = upload(&server, path, &file, expected).await;
        assert_eq!(response.status(), 200);
        digests.push(
            response.json::<Value>().await.unwrap()["digest"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(digests[0], digests[1]);
    assert_eq!(
        upload(&server, "/file/create", &file, Some(&digests[0]))
            .await
            .status(),
        200
    );
    assert_eq!(
        upload(&server, "/file/create", &file, Some("another"))
            .await
            .status(),
        409
    );
    created(&server, "o", &json!({"files": {"obj.py": digests[0]}})).await;
    server.stop().await;
    let server = Running::with_database(&path).await;
    assert_eq!(listed(&server, json!({})).await, [("o".to_owned(), 0)]);
    for path in ["/file/content", "/files/content"] {
        let body = json!({"project_id": "acme/chatbot", "digest": digests[0]});
        let response = server.post(path, &body).await;
        assert_eq!(response.bytes().await.unwrap(), file);
        let other = json!({"project_id": "acme/other", "digest": digests[0]});
        assert_eq!(
            server.post(path, &other).await.status(),
            404,
            "another project's"
        );
    }
    assert_eq!(
        server.post("/file/create", &json!({})).await.status(),
        400,
        "no form"
    );
}

#[tokio::test]
async fn an_object_has_a_page_with_its_code_and_its_rows() {
    let server = Running::new().await;
    let code = "def f():\n    return 1\n";
    let file = upload(&server, "/file/create", code.as_bytes(), None).await;
    let file: Value = file.json().await.unwrap();
    created(&server, "f", &json!({"files": {"obj.py": file["digest"]}})).await;
    let rows = json!({"table": {"project_id": "acme/chatbot", "rows": [{"q": 1}, {"q": 2}]}});
    let table: Value = server
        .post("/table/create", &rows)
        .await
        .json()
        .await
        .unwrap();
    let reference = format!(
        "weave:///acme/chatbot/table/{}",
        table["digest"].as_str().unwrap()
    );
    created(&server, "sums", &json!({"rows": reference})).await;
    created(
        &server,
        "sums",
        &json!({"rows": reference, "description": "more"}),
    )
    .await;
    let of = async |name: &str, digest: &str| {
        let query = format!("entity=acme&project=chatbot&name={name}&digest={digest}");
        server.get(&format!("/api/object?{query}")).await
    };
    let list = server.get("/api/objects?entity=acme&project=chatbot").await;
    let list = list["objects"].as_array().unwrap();
    let listed = |at: usize| [&list[at]["name"], &list[at]["versions"]];
    assert_eq!(
        (listed(0), listed(1)),
        ([&json!("sums"), &json!(2)], [&json!("f"), &json!(1)])
    );
    assert_eq!(of("f", "latest").await["code"], code);
    let sums = of("sums", "v0").await;
    assert_eq!(
        sums["rows"],
        json!({"count": 2, "first": [{"q": 1}, {"q": 2}]})
    );
    let versions = sums["versions"].as_array().unwrap();
    let numbers: Vec<&Value> = versions.iter().map(|version| &version["number"]).collect();
    assert_eq!(numbers, [&json!(1), &json!(0)]);
    assert_eq!(versions[1]["digest"], sums["digest"]);
    let url = format!(
        "{}/api/object?entity=acme&project=chatbot&name=sums&digest=none",
        server.url
    );
    assert_eq!(server.client.get(url).send().await.unwrap().status(), 404);
}
