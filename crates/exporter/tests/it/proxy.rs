//! A proxy that forwards, demands credentials or stays silent, and records what it was asked.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy,
    copy_bidirectional, sink,
};
use tokio::net::{TcpListener, TcpStream};

use crate::serve::serve;

/// The behaviour of a proxy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Connects every client with this server, whatever host the client asks for.
    Forward(SocketAddr),
    Demand,
    Hang,
    /// Forwards like `Forward`, and speaks SOCKS 5.
    Socks(SocketAddr),
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

    /// Returns the proxy's address, with these credentials.
    pub(crate) fn url(&self, credentials: &str) -> String {
        format!("http://{credentials}{}", self.address)
    }

    /// Returns the head of the first request of each connection, without the last empty line.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn one(stream: TcpStream, manner: Manner, kept: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
    let mut client = BufReader::new(stream);
    if let Manner::Socks(to) = manner {
        let host = socks(&mut client).await?;
        kept.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(host);
        let mut server = TcpStream::connect(to).await?;
        copy_bidirectional(&mut client, &mut server).await?;
        return Ok(());
    }
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
        Manner::Hang | Manner::Socks(_) => {
            copy(&mut client, &mut sink()).await?;
        }
    }
    Ok(())
}

/// Agrees to connect, and returns the requested host. Source: RFC 1928.
async fn socks(client: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut offered = [0; 2];
    client.read_exact(&mut offered).await?;
    let mut methods = vec![0; offered[1].into()];
    client.read_exact(&mut methods).await?;
    client.write_all(&[5, 0]).await?;
    // Version, command, reserved, the address type for a name, and the name's length.
    let mut asked = [0; 5];
    client.read_exact(&mut asked).await?;
    assert_eq!(asked[..4], [5, 1, 0, 3], "the proxy is to look the name up");
    let mut name = vec![0; asked[4].into()];
    client.read_exact(&mut name).await?;
    let _port = client.read_u16().await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}
