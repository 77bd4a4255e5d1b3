//! A second collector between a service and our server.

use spanloom_testkit::ModelServer;
use spanloom_tests::parts::rotel::Rotel;

use crate::program::{Server, Service};
use crate::service::traceparent;

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_through_it_are_whole() {
    let model = ModelServer::builder().start().await.unwrap();
    let spanloom = Server::start().await;
    let rotel = Rotel::start(&spanloom.url).await.unwrap();
    let service = Service::start(
        "axum_service_monitored",
        "shop",
        &model.base_url(),
        &rotel.address(),
        &[],
    )
    .await;
    service.post("/ask", "what is 2+2?", &traceparent(1)).await;
    service.stop().await;

    // Rotel adds no header: the project is that of spans that name none.
    let spans = spanloom.wait_for("local/otlp", 4).await;
    let call = spans
        .iter()
        .find(|span| span["attributes"]["spanloom"]["operation"] == "chat")
        .unwrap_or_else(|| panic!("{spans:#?}\n{}", rotel.log()));
    let usage = model.answers()[0].usage.unwrap();
    let model = model.answers()[0].model.clone().unwrap();
    let recorded = &call["summary"]["usage"][&model];
    assert_eq!(
        (&recorded["prompt_tokens"], &recorded["completion_tokens"]),
        (&usage.prompt_tokens.into(), &usage.completion_tokens.into())
    );
    assert!(call["summary"]["cost"]["total_usd"].is_number(), "{call:#}");
    assert!(
        spans.iter().any(|span| span["id"] == call["parent_id"]),
        "its handler came too"
    );
}
