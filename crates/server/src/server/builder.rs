//! The builder of a server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::{Listener, Server};
use crate::app::{App, LIVE, STREAMS};
use crate::body::Bodies;
use crate::error::{Error, ErrorKind};
use crate::metrics::Metrics;
use crate::questions::Questions;
use crate::store::{Database, Retention, Store};

/// Settings of a [`Server`].
#[derive(Clone, Debug)]
#[must_use = "nothing is bound until `bind`"]
pub struct ServerBuilder {
    listen: SocketAddr,
    otlp_http: Option<SocketAddr>,
    otlp_grpc: Option<SocketAddr>,
    database: Database,
    retention: Retention,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7440)),
            otlp_http: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 4318))),
            otlp_grpc: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 4317))),
            database: Database::Temporary,
            retention: Retention::default(),
        }
    }
}

impl ServerBuilder {
    /// Sets the address of the board and of all APIs; port 0 takes any free port. Default: 127.0.0.1:7440.
    pub fn with_listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Sets the address of a listener for OTLP only, or `None` for no listener. Default: 127.0.0.1:4318.
    pub fn with_otlp_http(mut self, address: Option<SocketAddr>) -> Self {
        self.otlp_http = address;
        self
    }

    /// Sets the address of a second such listener, for clients of OTLP over gRPC, or `None` for no listener; every
    /// listener serves both. Default: 127.0.0.1:4317.
    pub fn with_otlp_grpc(mut self, address: Option<SocketAddr>) -> Self {
        self.otlp_grpc = address;
        self
    }

    /// Sets the database that stores the records. Default: a temporary file.
    pub fn with_database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// Sets how long calls are kept. Default: until the database is larger than 20 GiB; then the oldest go.
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Binds the addresses and opens the database, so that any problem with them surfaces here.
    ///
    /// # Errors
    /// If an address is taken or not loopback, or the database does not open; the message names the problem and remedy.
    pub async fn bind(self) -> Result<Server, Error> {
        let board = bind(self.listen, "--listen ADDRESS").await?;
        let otlp = match self.otlp_http {
            Some(address) => Some(bind(address, "--otlp-http ADDRESS or --otlp-http off").await?),
            None => None,
        };
        let grpc = match self.otlp_grpc {
            Some(address) => Some(bind(address, "--otlp-grpc ADDRESS or --otlp-grpc off").await?),
            None => None,
        };
        let (database, retention) = (self.database, self.retention);
        let opened = tokio::task::spawn_blocking(move || Store::open(database, retention)).await;
        let store = opened.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Database,
                "opening the database failed",
            ))
        })?;
        let url = |listener: &Listener| format!("http://{}", listener.address);
        let (stopping, stopped) = watch::channel(());
        let app = App {
            store,
            questions: Questions::start()?,
            bodies: Bodies::new(),
            metrics: Metrics::new(),
            streams: Arc::new(Semaphore::new(STREAMS)),
            live: Arc::new(Semaphore::new(LIVE)),
            stopped,
            other_logs: AtomicU64::new(0),
            url: url(&board),
            otlp_url: otlp.as_ref().map(url),
            grpc_url: grpc.as_ref().map(url),
        };
        Ok(Server {
            app: Arc::new(app),
            stopping,
            board,
            otlp,
            grpc,
        })
    }
}

async fn bind(address: SocketAddr, option: &str) -> Result<Listener, Error> {
    if !address.ip().is_loopback() {
        let message = format!(
            "cannot listen on {address}: only loopback addresses are served, since there is no authentication yet; \
             give 127.0.0.1 with {option}"
        );
        return Err(Error::new(ErrorKind::Usage, message));
    }
    let refused = |error: io::Error| {
        let (kind, why) = match error.kind() {
            io::ErrorKind::AddrInUse => (
                ErrorKind::AddressInUse,
                "the address is in use, perhaps by another spanloom".to_owned(),
            ),
            _ => (ErrorKind::Address, error.to_string()),
        };
        Error::new(
            kind,
            format!("cannot listen on {address}: {why}; choose another with {option}"),
        )
        .with_source(error)
    };
    let socket = TcpListener::bind(address).await.map_err(refused)?;
    let address = socket.local_addr().map_err(refused)?;
    Ok(Listener { socket, address })
}
