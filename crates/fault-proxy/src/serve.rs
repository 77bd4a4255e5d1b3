//! The proxy's thread: two listeners and one task per connection, all of which end when the proxy stops.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::shared::Shared;
use super::{apply, synthetic};

pub(super) fn bind() -> io::Result<(StdListener, SocketAddr)> {
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

pub(super) fn on_thread(
    front: StdListener,
    elsewhere: StdListener,
    shared: Arc<Shared>,
    stopping: watch::Receiver<bool>,
) -> io::Result<JoinHandle<()>> {
    let (ready, readiness) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new()
        .name("spanloom-fault-proxy".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let listeners = runtime.and_then(|runtime| {
                let _inside = runtime.enter();
                let front = TcpListener::from_std(front)?;
                Ok((front, TcpListener::from_std(elsewhere)?, runtime))
            });
            match listeners {
                Ok((front, elsewhere, runtime)) => {
                    ready.send(Ok(())).ok();
                    // Dropping the runtime ends all remaining tasks.
                    runtime.block_on(run(front, elsewhere, shared, stopping));
                }
                Err(error) => ready.send(Err(error)).unwrap_or_default(),
            }
        })?;
    readiness
        .recv()
        .unwrap_or_else(|gone| Err(io::Error::other(gone)))?;
    Ok(thread)
}

async fn run(
    front: TcpListener,
    elsewhere: TcpListener,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepts = !shared.refuses_to_accept();
        tokio::select! {
            // In this order: a script that was changed before a client connects applies to that client.
            biased;
            _ = stopping.wait_for(|stop| *stop) => break,
            () = shared.script_changed() => {}
            Some(_) = connections.join_next() => {}
            accepted = front.accept(), if accepts => match accepted {
                Ok((stream, _)) => drop(connections.spawn(apply::connection(stream, Arc::clone(&shared)))),
                Err(_) => breathe().await,
            },
            accepted = elsewhere.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(visited(stream, Arc::clone(&shared)))),
                Err(_) => breathe().await,
            },
        }
    }
}

/// Waits after a failed accept, most likely out of file descriptors: some will be free a moment later.
async fn breathe() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

/// Serves a client that followed a redirect to the other origin.
async fn visited(stream: TcpStream, shared: Arc<Shared>) {
    shared.count(|counts| counts.elsewhere += 1);
    // The client is counted; whether it receives its answer does not matter.
    synthetic::welcome(stream, &shared).await.ok();
}
