//! Requests that the upstream receives, and the delivery of its answers.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use super::apply::After;
use super::message::{Message, Side};
use super::shared::Shared;
use super::wire::Wire;
use super::{Cut, ProxyFault};

/// Forwards one request and returns its answer to the client; `fault` determines the difference.
pub(super) async fn pass(
    client: &mut Wire,
    upstream: &mut Option<Wire>,
    shared: &Shared,
    fault: Option<&ProxyFault>,
) -> io::Result<After> {
    if let Some(ProxyFault::SlowRequest { pause }) = fault {
        client.read_slowly(Some(*pause));
    }
    let Some(request) = Message::begin(client, Side::Request).await? else {
        return Ok(After::Drop);
    };
    let side = Side::Answer {
        to_head_request: request.is_head_request(),
    };
    let mut server = match upstream.take().filter(Wire::is_idle) {
        Some(server) => server,
        None => connect(shared).await?,
    };
    let mut twin = match fault {
        Some(ProxyFault::Duplicate) => Some(connect(shared).await?),
        _ => None,
    };
    send(request, client, &mut server, twin.as_mut(), shared).await?;
    client.read_slowly(None);
    if let Some(twin) = &mut twin {
        let mut answer = answer(twin, None, side).await?;
        answer.skip(twin).await?;
    }
    let releases = shared.releases();
    let answer = answer(&mut server, Some(client), side).await?;
    match fault {
        Some(ProxyFault::LateAnswer { delay }) => tokio::time::sleep(*delay).await,
        Some(ProxyFault::HeldAnswer) => {
            let mut releases = releases;
            shared.struck();
            // An error means that the proxy is being dropped, and this task too.
            releases.changed().await.ok();
        }
        _ => {}
    }
    let after = deliver(answer, &mut server, client, Manner::of(fault)).await?;
    if after == After::Keep {
        *upstream = Some(server);
    }
    Ok(after)
}

async fn connect(shared: &Shared) -> io::Result<Wire> {
    TcpStream::connect(shared.upstream).await.map(Wire::new)
}

async fn send(
    mut request: Message,
    client: &mut Wire,
    server: &mut Wire,
    mut twin: Option<&mut Wire>,
    shared: &Shared,
) -> io::Result<()> {
    let mut piece = Some(request.head.clone());
    while let Some(bytes) = piece {
        if let Some(twin) = &mut twin {
            twin.send(&bytes).await?;
        }
        if server.send(&bytes).await.is_err() {
            // The upstream may have answered before it had read everything, as servers that refuse a large body do.
            return request.skip(client).await;
        }
        piece = request.next(client).await?;
    }
    let copies = 1 + u64::from(twin.is_some());
    shared.count(|counts| counts.forwarded += copies);
    Ok(())
}

/// Reads up to the head of the final answer, and forwards interim answers.
async fn answer(
    server: &mut Wire,
    mut client: Option<&mut Wire>,
    side: Side,
) -> io::Result<Message> {
    loop {
        let answer = Message::begin(server, side).await?;
        let answer = answer.ok_or(io::ErrorKind::UnexpectedEof)?;
        if !answer.is_interim() {
            return Ok(answer);
        }
        if let Some(client) = &mut client {
            client.send(&answer.head).await?;
        }
    }
}

/// How an answer is delivered.
#[derive(Clone, Copy, Debug, Default)]
struct Manner {
    pause: Option<Duration>,
    cut: Option<CutPoint>,
    then: Option<Cut>,
}

#[derive(Clone, Copy, Debug)]
enum CutPoint {
    After(usize),
    InBody,
}

impl Manner {
    fn of(fault: Option<&ProxyFault>) -> Self {
        match fault {
            Some(ProxyFault::SlowAnswer { pause }) => Self {
                pause: Some(*pause),
                ..Self::default()
            },
            Some(ProxyFault::CutAnswer { after, cut }) => Self {
                cut: Some(CutPoint::After(*after)),
                then: Some(*cut),
                ..Self::default()
            },
            Some(ProxyFault::CutAnswerBody { cut }) => Self {
                cut: Some(CutPoint::InBody),
                then: Some(*cut),
                ..Self::default()
            },
            Some(ProxyFault::StaleConnection { cut }) => Self {
                then: Some(*cut),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    /// Returns how many bytes of the answer are sent; of a body of unknown length, one byte.
    fn allows(self, answer: &Message) -> usize {
        match self.cut {
            None => usize::MAX,
            Some(CutPoint::After(bytes)) => bytes,
            Some(CutPoint::InBody) => {
                let half = answer.length().map_or(1, |length| length / 2);
                let half = usize::try_from(half).unwrap_or(usize::MAX);
                answer.head.len().saturating_add(half)
            }
        }
    }
}

async fn deliver(
    mut answer: Message,
    server: &mut Wire,
    client: &mut Wire,
    manner: Manner,
) -> io::Result<After> {
    let mut left = manner.allows(&answer);
    let mut piece = Some(answer.head.clone());
    while let Some(bytes) = piece {
        let bytes = bytes.slice(..bytes.len().min(left));
        left -= bytes.len();
        let sent = match manner.pause {
            Some(pause) => client.send_slowly(bytes, pause).await,
            None => client.send(&bytes).await,
        };
        if sent.is_err() {
            return Ok(After::Drop);
        }
        if left == 0 {
            break;
        }
        piece = answer.next(server).await?;
    }
    Ok(match manner.then {
        Some(cut) => After::Cut(cut),
        None if answer.keeps_alive() => After::Keep,
        None => After::Cut(Cut::Close),
    })
}
