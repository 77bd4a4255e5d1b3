use crate::setup::Running;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src data:; connect-src 'self'; \
    font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[tokio::test]
async fn foreign_hosts_and_pages_are_refused_on_every_path() {
    let server = Running::new().await;
    for path in [
        "/",
        "/health",
        "/api/streams",
        "/v1/traces",
        "/calls/query_stats",
        "/no/such/path",
    ] {
        let url = format!("{}{path}", server.url);
        let rebound = server
            .client
            .get(&url)
            .header("host", "evil.test")
            .send()
            .await
            .unwrap();
        assert_eq!(rebound.status(), 421, "{path}");
        let foreign = server
            .client
            .post(&url)
            .header("origin", "http://evil.test")
            .send()
            .await
            .unwrap();
        assert_eq!(foreign.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_pages_in() {
    let server = Running::new().await;
    for path in ["/", "/health", "/api/streams", "/no/such/path"] {
        let response = server
            .client
            .get(format!("{}{path}", server.url))
            .send()
            .await
            .unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-security-policy"), POLICY, "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(header("cache-control"), "no-store");
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-origin")
        );
    }
}

#[tokio::test]
async fn a_wrong_address_is_a_page_for_browsers_and_json_for_programs() {
    let server = Running::new().await;
    let get = async |accept: &str| {
        let address = format!("{}/nothing/is/here/at/all", server.url);
        let request = server.client.get(address).header("accept", accept);
        request.send().await.unwrap()
    };
    let page = get("text/html,application/xhtml+xml").await;
    let kind = page.headers()["content-type"].to_str().unwrap().to_owned();
    // A build without the board has no page.
    assert!(page.status() == 404 && (kind.starts_with("text/html") || kind == "application/json"));
    let program = get("*/*").await;
    assert_eq!(program.status(), 404);
    assert_eq!(program.headers()["content-type"], "application/json");
}
