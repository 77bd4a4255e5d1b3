//! Applies one fault to one connection.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::message::{Message, Side};
use super::shared::Shared;
use super::wire::Wire;
use super::{Cut, ProxyFault, http2, relay, synthetic};

/// The state of a connection after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The next request is served.
    Keep,
    /// The connection ends in this way.
    Cut(Cut),
    /// The connection ends in whatever way the system chooses.
    Drop,
    /// The connection stays open until the client gives up.
    Hang,
}

pub(super) async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    shared.count(|counts| counts.connections += 1);
    let mut client = Wire::new(stream);
    let early = shared.due_at_connect();
    if early.is_none() && !client.has_more().await {
        return;
    }
    if early.is_none() && http2::speaks(&client).await {
        return http2::serve(client, &shared).await;
    }
    let mut upstream = None;
    let mut fault = early.or_else(|| shared.due());
    loop {
        let result = match &fault {
            None => relay::pass(&mut client, &mut upstream, &shared, None).await,
            Some(fault) => apply(fault, &mut client, &mut upstream, &shared).await,
        };
        // The client or the upstream disconnected by itself.
        let Ok(after) = result else { return };
        let ends = finish(client, after, &shared, fault.as_ref()).await;
        let Some(kept) = ends else { return };
        client = kept;
        if !client.has_more().await {
            return;
        }
        fault = shared.due();
    }
}

/// Returns the connection if it continues.
pub(super) async fn finish(
    mut client: Wire,
    after: After,
    shared: &Shared,
    fault: Option<&ProxyFault>,
) -> Option<Wire> {
    let counted = || {
        // A held answer was counted when it was held.
        if fault.is_some_and(|fault| *fault != ProxyFault::HeldAnswer) {
            shared.struck();
        }
    };
    match after {
        After::Keep => {
            counted();
            return Some(client);
        }
        After::Hang => {
            counted();
            client.gone().await;
        }
        After::Drop => {
            drop(client);
            counted();
        }
        After::Cut(Cut::Reset) => {
            client.will_reset();
            drop(client);
            counted();
        }
        After::Cut(Cut::Close) => {
            client.end().await;
            counted();
            client.drain().await;
        }
    }
    None
}

async fn apply(
    fault: &ProxyFault,
    client: &mut Wire,
    upstream: &mut Option<Wire>,
    shared: &Shared,
) -> io::Result<After> {
    match *fault {
        ProxyFault::NeverAccept | ProxyFault::ReadNothing => Ok(After::Hang),
        ProxyFault::CloseAtConnect => Ok(After::Drop),
        ProxyFault::ResetAtConnect => Ok(After::Cut(Cut::Reset)),
        ProxyFault::HalfCloseAtConnect => Ok(After::Cut(Cut::Close)),
        ProxyFault::HangAfterHead => {
            Message::begin(client, Side::Request).await?;
            Ok(After::Hang)
        }
        ProxyFault::HangAfterRequest => {
            request(client).await?;
            Ok(After::Hang)
        }
        ProxyFault::CutRequest { after, cut } => {
            client.read_at_most(after);
            match request(client).await {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
                _ => Ok(After::Cut(cut)),
            }
        }
        ProxyFault::NoAnswer { cut } => {
            request(client).await?;
            Ok(After::Cut(cut))
        }
        _ if fault.reaches_upstream() => relay::pass(client, upstream, shared, Some(fault)).await,
        _ => {
            request(client).await?;
            Ok(synthetic::answer(fault, shared).send(client).await)
        }
    }
}

/// Reads a whole request and discards it.
async fn request(client: &mut Wire) -> io::Result<()> {
    match Message::begin(client, Side::Request).await? {
        Some(mut request) => request.skip(client).await,
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
