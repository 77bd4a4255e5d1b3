//! An HTTP proxy that forwards, demands credentials or says nothing, and remembers what it was asked.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy, copy_bidirectional, sink,
};
use tokio::net::{TcpListener, TcpStream};

use crate::setup::serve;

/// What it does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Connects everybody with this server, whatever host they ask for.
    Forward(SocketAddr),
    Demand,
    Hang,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

const DEMAND: &[u8] =
    b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"out\"\r\n\
    content-length: 0\r\nconnection: close\r\n\r\n";

impl Proxy {
    pub(crate) fn start(manner: Manner) -> Self {
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&heads);
        let address = serve(async move |listener: TcpListener| {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(one(stream, manner, Arc::clone(&kept)));
            }
        });
        Self { address, heads }
    }

    /// Its address, with these credentials.
    pub(crate) fn url(&self, credentials: &str) -> String {
        format!("http://{credentials}{}", self.address)
    }

    /// The head of the first request of each connection, without the last empty line.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn one(stream: TcpStream, manner: Manner, kept: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
    let mut client = BufReader::new(stream);
    let mut head = String::new();
    while client.read_line(&mut head).await? > 2 {}
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(head.trim_end().to_owned());
    match manner {
        Manner::Forward(to) => {
            let mut server = TcpStream::connect(to).await?;
            if head.starts_with("CONNECT ") {
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            } else {
                server.write_all(head.as_bytes()).await?;
            }
            copy_bidirectional(&mut client, &mut server).await?;
        }
        Manner::Demand => {
            client.write_all(DEMAND).await?;
            copy(&mut client, &mut sink()).await?;
        }
        Manner::Hang => {
            copy(&mut client, &mut sink()).await?;
        }
    }
    Ok(())
}
