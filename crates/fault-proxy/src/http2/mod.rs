//! HTTP/2 with prior knowledge, as used by gRPC without TLS: frames are forwarded unchanged, and counted by stream.
//!
//! Header blocks depend on all previous blocks (HPACK), so a request that the upstream did not receive spoils its
//! connection: after such a fault the client is sent a GOAWAY, as from a server that stops.

mod answer;
mod frame;

use std::io;

use bytes::Bytes;
use tokio::net::TcpStream;

use self::frame::Frame;
use super::apply::{After, finish};
use super::shared::Shared;
use super::wire::Wire;
use super::{Cut, ProxyFault};

/// The first bytes that a client sends.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Returns whether a connection is for [`serve`].
pub(super) async fn speaks(client: &Wire) -> bool {
    client
        .begins_with(PREFACE.get(..4).unwrap_or_default())
        .await
}

/// Serves a connection to its end.
pub(super) async fn serve(client: Wire, shared: &Shared) {
    let Ok(mut pair) = Pair::open(client, shared).await else {
        return;
    };
    if let Ok(Some((fault, after))) = pair.run(shared).await {
        finish(pair.client, after, shared, Some(&fault)).await;
    }
}

/// A client's connection, and the upstream connection that was made for it.
#[derive(Debug)]
struct Pair {
    client: Wire,
    server: Wire,
    /// The last stream that the client opened.
    last: u32,
}

impl Pair {
    async fn open(mut client: Wire, shared: &Shared) -> io::Result<Self> {
        while client.buffer().len() < PREFACE.len() {
            if !client.fill().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let preface = client.take(PREFACE.len());
        let mut server = Wire::new(TcpStream::connect(shared.upstream).await?);
        server.send(&preface).await?;
        // A client expects the settings before anything else, even before an invented answer.
        let settings = Frame::read(&mut server).await?;
        client
            .send(&settings.ok_or(io::ErrorKind::UnexpectedEof)?.bytes)
            .await?;
        Ok(Self {
            client,
            server,
            last: 0,
        })
    }

    /// Forwards frames until a fault ends the connection, or until one side closes it.
    async fn run(&mut self, shared: &Shared) -> io::Result<Option<(ProxyFault, After)>> {
        loop {
            tokio::select! {
                frame = Frame::read(&mut self.client) => {
                    let Some(frame) = frame? else { return Ok(None) };
                    let fault = match frame.opens_after(self.last) {
                        true => shared.due(),
                        false => None,
                    };
                    self.last = self.last.max(frame.stream);
                    let Some(fault) = fault else {
                        self.forward(&frame, shared).await?;
                        continue;
                    };
                    match self.apply(&fault, frame, shared).await? {
                        // A held answer was counted when it was held.
                        After::Keep if fault == ProxyFault::HeldAnswer => {}
                        After::Keep => shared.struck(),
                        after => return Ok(Some((fault, after))),
                    }
                }
                frame = Frame::read(&mut self.server) => {
                    let Some(frame) = frame? else { return Ok(None) };
                    self.client.send(&frame.bytes).await?;
                }
            }
        }
    }

    async fn forward(&mut self, frame: &Frame, shared: &Shared) -> io::Result<()> {
        self.server.send(&frame.bytes).await?;
        if frame.ends_stream() {
            shared.count(|counts| counts.forwarded += 1);
        }
        Ok(())
    }

    async fn apply(
        &mut self,
        fault: &ProxyFault,
        first: Frame,
        shared: &Shared,
    ) -> io::Result<After> {
        let stream = first.stream;
        match *fault {
            ProxyFault::NeverAccept | ProxyFault::ReadNothing | ProxyFault::HangAfterHead => {
                Ok(After::Hang)
            }
            ProxyFault::CloseAtConnect => Ok(After::Drop),
            ProxyFault::ResetAtConnect => Ok(After::Cut(Cut::Reset)),
            ProxyFault::HalfCloseAtConnect => Ok(After::Cut(Cut::Close)),
            ProxyFault::HangAfterRequest => {
                self.swallow(first, usize::MAX).await?;
                Ok(After::Hang)
            }
            ProxyFault::CutRequest { after, cut } => {
                self.swallow(first, after).await?;
                Ok(After::Cut(cut))
            }
            ProxyFault::NoAnswer { cut } => {
                self.swallow(first, usize::MAX).await?;
                Ok(After::Cut(cut))
            }
            _ if fault.reaches_upstream() => self.relay(fault, first, shared).await,
            _ => {
                self.swallow(first, usize::MAX).await?;
                let answer = answer::synthetic(fault, stream, shared);
                Ok(answer.send(&mut self.client).await)
            }
        }
    }

    /// Reads the request, which the upstream does not receive, to its end or for about this many bytes.
    async fn swallow(&mut self, first: Frame, at_most: usize) -> io::Result<()> {
        let stream = first.stream;
        let mut read = first.bytes.len();
        let mut ended = first.ends_stream();
        while !ended && read < at_most {
            tokio::select! {
                frame = Frame::read(&mut self.client) => {
                    let frame = frame?.ok_or(io::ErrorKind::UnexpectedEof)?;
                    if frame.stream == 0 {
                        self.server.send(&frame.bytes).await?;
                        continue;
                    }
                    read = read.saturating_add(frame.bytes.len());
                    // The upstream does not receive the frame, so the proxy must extend the client's window.
                    self.client.send(&frame.windows()).await?;
                    ended = frame.stream == stream && frame.ends_stream();
                }
                frame = Frame::read(&mut self.server) => {
                    let frame = frame?.ok_or(io::ErrorKind::UnexpectedEof)?;
                    self.client.send(&frame.bytes).await?;
                }
            }
        }
        Ok(())
    }

    /// Forwards the request, waits for its whole answer, and delivers the answer as the fault specifies.
    async fn relay(
        &mut self,
        fault: &ProxyFault,
        first: Frame,
        shared: &Shared,
    ) -> io::Result<After> {
        if let ProxyFault::SlowRequest { pause } = fault {
            self.client.read_slowly(Some(*pause));
        }
        let mut releases = shared.releases();
        let answer = self.answer(&first, shared).await?;
        match fault {
            ProxyFault::LateAnswer { delay } => tokio::time::sleep(*delay).await,
            ProxyFault::HeldAnswer => {
                shared.struck();
                // An error means that the proxy is being dropped, and this task too.
                releases.changed().await.ok();
            }
            _ => {}
        }
        let (length, then) = match *fault {
            ProxyFault::CutAnswer { after, cut } => (after, After::Cut(cut)),
            ProxyFault::CutAnswerBody { cut } => (answer.len() / 2, After::Cut(cut)),
            ProxyFault::StaleConnection { cut } => (usize::MAX, After::Cut(cut)),
            _ => (usize::MAX, After::Keep),
        };
        let answer = answer.slice(..answer.len().min(length));
        let sent = match fault {
            ProxyFault::SlowAnswer { pause } => self.client.send_slowly(answer, *pause).await,
            _ => self.client.send(&answer).await,
        };
        Ok(sent.map_or(After::Drop, |()| then))
    }

    /// Returns the frames of the answer. An answer larger than the client's window never ends.
    async fn answer(&mut self, first: &Frame, shared: &Shared) -> io::Result<Bytes> {
        let mut answer = Vec::new();
        self.forward(first, shared).await?;
        let mut asked = first.ends_stream();
        loop {
            if asked {
                self.client.read_slowly(None);
            }
            tokio::select! {
                frame = Frame::read(&mut self.client) => {
                    let frame = frame?.ok_or(io::ErrorKind::UnexpectedEof)?;
                    self.forward(&frame, shared).await?;
                    asked |= frame.stream == first.stream && frame.ends_stream();
                }
                frame = Frame::read(&mut self.server) => {
                    let frame = frame?.ok_or(io::ErrorKind::UnexpectedEof)?;
                    if frame.stream != first.stream || frame.is_window() {
                        self.client.send(&frame.bytes).await?;
                        continue;
                    }
                    answer.extend_from_slice(&frame.bytes);
                    if frame.ends_stream() || frame.is_reset() {
                        return Ok(answer.into());
                    }
                }
            }
        }
    }
}
