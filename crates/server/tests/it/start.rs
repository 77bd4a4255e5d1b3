use std::net::{Ipv4Addr, SocketAddr};

use spanloom_server::{Database, ErrorKind, Server};

use crate::setup::{Running, builder};

async fn failure(builder: spanloom_server::ServerBuilder) -> (ErrorKind, String) {
    let error = builder.bind().await.unwrap_err();
    (error.kind(), error.to_string())
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_remedy() {
    let server = Running::new().await;
    let taken: SocketAddr = server.url.strip_prefix("http://").unwrap().parse().unwrap();
    let (kind, message) = failure(builder().with_listen(taken)).await;
    assert_eq!(kind, ErrorKind::AddressInUse);
    assert!(
        message.contains(&taken.to_string()) && message.contains("--listen"),
        "{message}"
    );
}

#[tokio::test]
async fn addresses_beyond_loopback_are_refused() {
    let (kind, message) =
        failure(Server::builder().with_listen(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))).await;
    assert_eq!(kind, ErrorKind::Usage);
    assert!(message.contains("loopback"), "{message}");
}

#[tokio::test]
async fn databases_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let database = |name: &str| builder().with_database(Database::Path(folder.path().join(name)));
    let (kind, message) = failure(database("no/such/folder/x.db")).await;
    assert_eq!(kind, ErrorKind::Database);
    assert!(
        message.contains("no/such/folder/x.db") && message.contains("--db"),
        "{message}"
    );

    std::fs::write(
        folder.path().join("text.db"),
        "this is a text, and no database at all".repeat(100),
    )
    .unwrap();
    assert!(failure(database("text.db")).await.1.contains("text.db"));

    let server = Running::with_database(&folder.path().join("owned.db")).await;
    let (kind, message) = failure(database("owned.db")).await;
    assert_eq!(kind, ErrorKind::Database);
    assert!(message.contains("in use by another spanloom"), "{message}");
    server.stop().await;
    assert!(database("owned.db").bind().await.is_ok());
}
