//! Tags and aliases of objects.

use serde_json::{Value, json};

use crate::setup::Running;

const PROJECT: &str = "acme/chatbot";

#[tokio::test]
async fn versions_have_tags_and_other_names() {
    let server = Running::new().await;
    let mut digests = Vec::new();
    for text in ["one", "two"] {
        let made = server.ask("/obj/create",
            json!({"obj": {"project_id": PROJECT, "object_id": "prompt", "val": {"text": text}}}),
        )
        .await;
        digests.push(made["digest"].as_str().unwrap().to_owned());
    }
    let send = async |method: reqwest::Method, path: String, body: Value| {
        let request = server
            .client
            .request(method, format!("{}{path}", server.url));
        request
            .body(body.to_string())
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let put =
        async |path: &str, body: Value| send(reqwest::Method::PUT, path.to_owned(), body).await;
    let post =
        async |path: &str, body: Value| send(reqwest::Method::POST, path.to_owned(), body).await;
    let tags = |digest: &str| format!("/objs/prompt/versions/{digest}/tags");
    let of_tags = |tags: Value| json!({"project_id": PROJECT, "tags": tags});
    assert_eq!(
        put(&tags(&digests[0]), of_tags(json!(["good one", "checked"]))).await,
        200
    );
    assert_eq!(put(&tags("unknown"), of_tags(json!(["good"]))).await, 404);
    assert_eq!(put(&tags(&digests[0]), of_tags(json!(["a:b"]))).await, 400);
    let name = |digest: &str, aliases: Value| json!({"project_id": PROJECT, "digest": digest, "aliases": aliases});
    assert_eq!(
        put("/objs/prompt/aliases", name(&digests[1], json!(["live"]))).await,
        200
    );
    assert_eq!(
        put("/objs/prompt/aliases", name(&digests[0], json!(["live"]))).await,
        200
    );
    for wrong in ["latest", "v3", "a/b", ""] {
        assert_eq!(
            put("/objs/prompt/aliases", name(&digests[0], json!([wrong]))).await,
            400,
            "{wrong}"
        );
    }
    let read =
        async |digest: &str| {
            server.ask("/obj/read",
            json!({"object_id": "prompt", "digest": digest, "include_tags_and_aliases": true}),
        )
        .await["obj"]
            .clone()
        };
    let first = read("live").await;
    assert_eq!(
        (&first["val"]["text"], &first["tags"], &first["aliases"]),
        (
            &json!("one"),
            &json!(["checked", "good one"]),
            &json!(["live"])
        )
    );
    assert_eq!(read("latest").await["aliases"], json!(["latest"]));
    let found = async |filter: Value| {
        let found = server.ask("/objs/query", json!({"filter": filter})).await;
        found["objs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["val"]["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(json!({"tags": ["checked"]})).await, ["one"]);
    assert_eq!(
        found(json!({"aliases": ["live", "latest"]})).await,
        ["one", "two"]
    );
    assert_eq!(
        server.get("/tags?project_id=acme%2Fchatbot").await,
        json!({"tags": ["checked", "good one"]})
    );
    assert_eq!(
        server.get("/aliases?project_id=acme%2Fchatbot").await,
        json!({"aliases": ["live"]})
    );
    assert_eq!(
        post(
            &format!("{}/remove", tags(&digests[0])),
            of_tags(json!(["checked", "unknown"]))
        )
        .await,
        200
    );
    assert_eq!(
        post(
            "/objs/prompt/aliases/remove",
            json!({"project_id": PROJECT, "aliases": ["live"]})
        )
        .await,
        200
    );
    assert_eq!(read(&digests[0]).await["tags"], json!(["good one"]));
    let gone = json!({"project_id": PROJECT, "object_id": "prompt", "digest": "live"});
    assert_eq!(post("/obj/read", gone).await, 404);
}
