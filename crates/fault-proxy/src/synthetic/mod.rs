//! Answers that no upstream sent. The large ones are generated while they are sent.

mod large;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use tokio::net::TcpStream;

use super::apply::After;
use super::message::{Message, Side, headers};
use super::shared::Shared;
use super::wire::Wire;
use super::{Cut, ProxyFault, RetryAfter};

const CLOSE: After = After::Cut(Cut::Close);
const CHUNKED: &str = "transfer-encoding: chunked";
/// Headers that carry credentials.
const CREDENTIALS: &[&str] = &[
    "authorization",
    "cookie",
    "proxy-authorization",
    "wandb-api-key",
    "x-api-key",
];
const JSON: &str = "content-type: application/json\r\n";

/// Bytes, some of them repeated, and the state of the connection after them.
#[derive(Debug)]
pub(super) struct Synthetic {
    start: Vec<u8>,
    /// The block that is sent `times` times.
    block: Bytes,
    times: u64,
    /// The pause after each block, so that an endless answer does not use up a processor.
    pause: Duration,
    end: Vec<u8>,
    after: After,
}

impl Synthetic {
    pub(super) fn once(start: impl Into<Vec<u8>>, after: After) -> Self {
        Self {
            start: start.into(),
            block: Bytes::new(),
            times: 0,
            pause: Duration::ZERO,
            end: Vec::new(),
            after,
        }
    }

    pub(super) fn repeated(start: Vec<u8>, block: Bytes, times: u64, after: After) -> Self {
        Self {
            block,
            times,
            pause: Duration::from_millis(u64::from(times == u64::MAX)),
            ..Self::once(start, after)
        }
    }

    pub(super) fn then(self, after: After) -> Self {
        Self { after, ..self }
    }

    /// Sends the bytes. A client that disconnects in the middle is not an error.
    pub(super) async fn send(self, client: &mut Wire) -> After {
        match self.try_send(client).await {
            Ok(()) => self.after,
            Err(_gone) => After::Drop,
        }
    }

    async fn try_send(&self, client: &mut Wire) -> io::Result<()> {
        client.send(&self.start).await?;
        for _ in 0..self.times {
            client.send(&self.block).await?;
            if !self.pause.is_zero() {
                tokio::time::sleep(self.pause).await;
            }
        }
        client.send(&self.end).await
    }
}

/// Returns the answer of a fault that invents one.
pub(super) fn answer(fault: &ProxyFault, shared: &Shared) -> Synthetic {
    match fault {
        ProxyFault::Status {
            status,
            retry_after,
        } => with_status(*status, retry_after.as_ref()),
        ProxyFault::Redirect { status } => redirect(*status, &shared.elsewhere.to_string()),
        ProxyFault::RedirectLoop => {
            redirect(StatusCode::TEMPORARY_REDIRECT, &shared.here.to_string())
        }
        ProxyFault::GrpcStatus { code, .. } => whole(
            &format!("content-type: application/grpc\r\ngrpc-status: {code}\r\n"),
            "",
        ),
        _ => odd(fault)
            .or_else(|| unsound(fault))
            .or_else(|| large::answer(fault))
            // Faults without any answer have been handled before.
            .unwrap_or_else(|| Synthetic::once(garbage(), CLOSE)),
    }
}

/// Returns valid HTTP that a client did not expect.
fn odd(fault: &ProxyFault) -> Option<Synthetic> {
    Some(match fault {
        ProxyFault::HtmlPage => whole(
            "content-type: text/html; charset=utf-8\r\n",
            "<!doctype html><title>Sign in</title><p>Please sign in to continue.",
        ),
        ProxyFault::EmptyAnswer => whole("", ""),
        ProxyFault::BrokenJson => whole(JSON, "{\"partialSuccess\": {"),
        ProxyFault::BrokenGzip => whole(
            &format!("{JSON}content-encoding: gzip\r\n"),
            "this is no gzip",
        ),
        ProxyFault::SwitchProtocols => Synthetic::once(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
            After::Hang,
        ),
        _ => return None,
    })
}

/// Returns answers that stop or break where HTTP requires more; most are a head and some bytes of a body.
fn unsound(fault: &ProxyFault) -> Option<Synthetic> {
    let (headers, body, after) = match fault {
        ProxyFault::HangAfterStatusLine => {
            return Some(Synthetic::once("HTTP/1.1 200 OK\r\n", After::Hang));
        }
        ProxyFault::TlsAlert => return Some(Synthetic::once([0x15, 3, 3, 0, 2, 2, 40], CLOSE)),
        ProxyFault::NoHead => return Some(Synthetic::once("{\"partialSuccess\": {}}", CLOSE)),
        ProxyFault::HangAfterAnswerHead => ("content-length: 2", "", After::Hang),
        ProxyFault::HangInAnswer => ("content-length: 2", "{", After::Hang),
        ProxyFault::TruncatedBody => ("content-length: 1000", "{\"id\": \"12", CLOSE),
        ProxyFault::OverlongBody => ("content-length: 2", "{}, more of it", CLOSE),
        ProxyFault::TwoLengths => ("content-length: 2\r\ncontent-length: 5", "{}   ", CLOSE),
        ProxyFault::UnfinishedChunks => (CHUNKED, "1\r\n{\r\n", CLOSE),
        ProxyFault::BrokenChunk => (CHUNKED, "many\r\n{}\r\n0\r\n\r\n", CLOSE),
        _ => return None,
    };
    Some(Synthetic::once(
        format!("HTTP/1.1 200 OK\r\n{JSON}{headers}\r\n\r\n{body}"),
        after,
    ))
}

/// Answers a client that connected to the other origin.
pub(super) async fn welcome(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut client = Wire::new(stream);
    if let Some(mut request) = Message::begin(&mut client, Side::Request).await? {
        if headers(&request.head).any(|(name, _)| CREDENTIALS.contains(&name.as_str())) {
            shared.count(|counts| counts.credentials_elsewhere += 1);
        }
        request.skip(&mut client).await?;
        whole(JSON, "{}").send(&mut client).await;
    }
    client.end().await;
    client.drain().await;
    Ok(())
}

fn whole(headers: &str, body: &str) -> Synthetic {
    let length = body.len();
    Synthetic::once(
        format!("HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\n\r\n{body}"),
        After::Keep,
    )
}

fn with_status(status: StatusCode, retry_after: Option<&RetryAfter>) -> Synthetic {
    let reason = status.canonical_reason().unwrap_or("Unassigned");
    let mut text = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16());
    if let Some(retry_after) = retry_after {
        text.push_str(&format!("retry-after: {}\r\n", retry_after.value()));
    }
    match status.as_u16() {
        100..200 | 204 | 304 => text.push_str("\r\n"),
        code => {
            let body =
                format!("{{\"code\": {code}, \"message\": \"injected by the fault proxy\"}}");
            text.push_str(&format!(
                "{JSON}content-length: {}\r\n\r\n{body}",
                body.len()
            ));
        }
    }
    Synthetic::once(text, After::Keep)
}

impl RetryAfter {
    /// Returns the header's value.
    pub(super) fn value(&self) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::DateIn(ahead) => {
                let then = Timestamp::now()
                    .checked_add(*ahead)
                    .unwrap_or(Timestamp::MAX);
                then.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
            }
            Self::Text(text) => text.chars().filter(|c| matches!(c, ' '..='~')).collect(),
        }
    }
}

fn redirect(status: StatusCode, authority: &str) -> Synthetic {
    let code = status.as_u16();
    let reason = status.canonical_reason().unwrap_or("Redirect");
    Synthetic::once(
        format!(
            "HTTP/1.1 {code} {reason}\r\nlocation: http://{authority}/elsewhere\r\ncontent-length: 0\r\n\r\n"
        ),
        After::Keep,
    )
}

/// Returns a kilobyte that looks random and is the same every time.
fn garbage() -> Vec<u8> {
    (0_u32..1024)
        .map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0] | 0x80)
        .collect()
}
