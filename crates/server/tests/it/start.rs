use std::net::{Ipv4Addr, SocketAddr};

use spanloom_server::{Database, ErrorKind, Server};
use tokio::net::TcpStream;

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

#[tokio::test]
async fn files_of_others_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch("CREATE TABLE t(a); INSERT INTO t VALUES(1);")
        .unwrap();
    drop(database);
    let before = std::fs::read(&path).unwrap();
    let refused = || failure(builder().with_database(Database::Path(path.clone())));
    let (kind, message) = refused().await;
    assert_eq!(kind, ErrorKind::Database);
    assert!(
        message.contains("another program") && message.contains("--db"),
        "{message}"
    );
    assert!(std::fs::read(&path).unwrap() == before, "it was written to");

    std::fs::remove_file(&path).unwrap();
    Running::with_database(&path).await.stop().await;
    let database = rusqlite::Connection::open(&path).unwrap();
    let incremental: i64 = database
        .pragma_query_value(None, "auto_vacuum", |row| row.get(0))
        .unwrap();
    assert_eq!(incremental, 2, "space can be given back");
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let (_, message) = refused().await;
    assert!(message.contains("newer spanloom"), "{message}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_a_database_is_that_database() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("x.db"), folder.path().join("y.db"));
    let _server = Running::with_database(&path).await;
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let (_, message) = failure(builder().with_database(Database::Path(link))).await;
    assert!(message.contains("in use by another spanloom"), "{message}");
}

/// Opens a connection that has been answered once, so that the server counts it, and sends half of another request.
async fn hold(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).await.unwrap();
    let request = |path: &str, length: u32| {
        format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n\r\n")
    };
    socket.writable().await.unwrap();
    socket
        .try_write(request("/no/such/path", 0).as_bytes())
        .unwrap();
    let mut answer = [0; 4_096];
    while socket.try_read(&mut answer).is_err() {
        socket.readable().await.unwrap();
    }
    assert!(answer.starts_with(b"HTTP/1.1 404"));
    socket
        .try_write(request("/call/read", 100).as_bytes())
        .unwrap();
    socket
}

#[tokio::test]
async fn it_stops_while_every_connection_is_taken() {
    let server = Running::new().await;
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let mut held = Vec::new();
    for _ in 0..256 {
        held.push(hold(&address).await);
    }
    server.stop().await;
    drop(held);
}
