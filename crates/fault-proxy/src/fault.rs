//! The faults of the proxy.

use std::fmt;
use std::time::Duration;

use http::StatusCode;

/// One way in which a network or the server behind it misbehaves.
///
/// Byte counts are those on the wire, including heads. "Hangs" means that nothing more is read or sent while the client
/// stays connected and the proxy lives. [`matrix`](Self::matrix) has every behaviour with figures to test with, and
/// `Display` names each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyFault {
    /// Connections stay in the backlog: the client's connect succeeds and nothing ever happens. The script stops at
    /// this fault until [`FaultProxy::heal`](super::FaultProxy::heal).
    NeverAccept,
    /// Connections are accepted, and then nothing is read from them.
    ReadNothing,
    /// The connection is closed when it is accepted, before anything is read. Bytes that have already arrived turn the
    /// close into a reset.
    CloseAtConnect,
    /// The connection is reset (RST) when it is accepted.
    ResetAtConnect,
    /// The sending half is closed (FIN) at once, while the request is still read to its end.
    HalfCloseAtConnect,
    /// The request's head is read; then the connection hangs.
    HangAfterHead,
    /// The whole request is read but not forwarded; then the connection hangs.
    HangAfterRequest,
    /// `HTTP/1.1 200 OK` is sent; then the connection hangs.
    HangAfterStatusLine,
    /// A whole head that promises a body is sent; then the connection hangs.
    HangAfterAnswerHead,
    /// Half of the promised body is sent; then the connection hangs.
    HangInAnswer,
    /// The request is read one byte at a time, and then forwarded.
    SlowRequest {
        /// Time between two bytes.
        pause: Duration,
    },
    /// The upstream's answer is sent one byte at a time.
    SlowAnswer {
        /// Time between two bytes.
        pause: Duration,
    },
    /// The connection breaks after this many bytes of the request, or at the end of a shorter request. The upstream
    /// receives nothing.
    CutRequest {
        /// Bytes read before the break.
        after: usize,
        /// How the connection ends.
        cut: Cut,
    },
    /// The whole request is read; the connection ends without an answer. The upstream receives nothing.
    NoAnswer {
        /// How the connection ends.
        cut: Cut,
    },
    /// The request is forwarded and answered; the connection breaks after this many bytes of the answer. With 0 the
    /// client cannot know that its request was applied.
    CutAnswer {
        /// Bytes of the answer sent before the break.
        after: usize,
        /// How the connection ends.
        cut: Cut,
    },
    /// Like [`CutAnswer`](Self::CutAnswer), in the middle of the answer's body.
    CutAnswerBody {
        /// How the connection ends.
        cut: Cut,
    },
    /// The request is forwarded; the upstream's answer arrives this much later. If the delay exceeds the client's
    /// timeout, the answer is not delivered.
    LateAnswer {
        /// The time added to the answer's own.
        delay: Duration,
    },
    /// Like [`LateAnswer`](Self::LateAnswer), until [`FaultProxy::release`](super::FaultProxy::release).
    HeldAnswer,
    /// The request reaches the upstream twice, at the same time; one of the answers is delivered.
    Duplicate,
    /// A good answer on a connection that appears to stay open but ends right after it, so that the client's next
    /// request may be lost.
    StaleConnection {
        /// How the connection ends.
        cut: Cut,
    },
    /// A status that the upstream never sent, with a small JSON body if the status allows one.
    Status {
        /// The status, which may lack a name, such as 599.
        status: StatusCode,
        /// The header `retry-after`, if any.
        retry_after: Option<RetryAfter>,
    },
    /// A redirect to another origin: a second port of the proxy, which counts its visitors
    /// ([`ProxyCounts::elsewhere`](super::ProxyCounts::elsewhere)) and answers 200.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: StatusCode,
    },
    /// A redirect (307) back to the proxy's own address.
    RedirectLoop,
    /// 200 with an HTML page, as captive portals and login walls send it.
    HtmlPage,
    /// 200 with an empty body.
    EmptyAnswer,
    /// 200 with a body that is declared as JSON but is not JSON.
    BrokenJson,
    /// 200 with 10 bytes of the 1,000 that its `content-length` promises, then closed.
    TruncatedBody,
    /// 200 with more bytes than its `content-length` states.
    OverlongBody,
    /// 200 with two different `content-length` headers.
    TwoLengths,
    /// 200 in chunks, closed without the last one.
    UnfinishedChunks,
    /// 200 in chunks, one of which has an invalid size.
    BrokenChunk,
    /// 200 in chunks that never end.
    EndlessChunks,
    /// 200 with a body of this length, generated while it is sent.
    HugeAnswer {
        /// Bytes of the body.
        bytes: u64,
    },
    /// 200 with a gzip body of zeros that inflates to this length; a thousandth of it is sent.
    GzipBomb {
        /// Bytes after inflating, rounded up to a full MiB.
        bytes: u64,
    },
    /// 200 with a body that is declared as gzip but is not gzip.
    BrokenGzip,
    /// Bytes that are not HTTP, then closed.
    Garbage,
    /// A fatal TLS alert in plain text, as from a port that expects TLS.
    TlsAlert,
    /// A body without a head, as in HTTP/0.9, then closed.
    NoHead,
    /// `101 Switching Protocols` without a request for it; then the connection hangs.
    SwitchProtocols,
    /// `100 Continue`, repeated forever, and never an answer.
    EndlessContinue,
    /// A header of this length.
    LongHeader {
        /// Bytes of its value.
        bytes: u64,
    },
    /// This many headers.
    ManyHeaders {
        /// The number of headers.
        count: u64,
    },
    /// A gRPC status as a trailers-only response. Over HTTP/1.1 it is a 200 with the header `grpc-status`.
    GrpcStatus {
        /// 1 to 16; see the gRPC specification.
        code: u8,
        /// `RetryInfo.retry_delay` in `grpc-status-details-bin`, if any.
        retry_delay: Option<Duration>,
    },
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cut {
    /// An orderly close (FIN): the client reads an end. The other direction stays open until the client closes it.
    Close,
    /// An immediate close (RST): the client's reads and writes fail.
    Reset,
}

/// A `retry-after` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Seconds.
    Seconds(u64),
    /// An HTTP date this far ahead of the moment of the answer.
    DateIn(Duration),
    /// This text, valid or not. Characters that a header cannot contain are left out.
    Text(&'static str),
}

impl ProxyFault {
    /// Returns a status without `retry-after`.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        Self::Status {
            status,
            retry_after: None,
        }
    }

    /// Returns whether the upstream gets the whole request, and may apply it regardless of what the client sees.
    #[must_use]
    pub fn reaches_upstream(&self) -> bool {
        matches!(
            self,
            Self::SlowRequest { .. }
                | Self::SlowAnswer { .. }
                | Self::CutAnswer { .. }
                | Self::CutAnswerBody { .. }
                | Self::LateAnswer { .. }
                | Self::HeldAnswer
                | Self::Duplicate
                | Self::StaleConnection { .. }
        )
    }

    /// Returns whether the fault applies to a connection before there is a request.
    pub(super) fn strikes_at_connect(&self) -> bool {
        matches!(
            self,
            Self::ReadNothing
                | Self::CloseAtConnect
                | Self::ResetAtConnect
                | Self::HalfCloseAtConnect
        )
    }
}

/// Writes a short name with the figures, such as `reset after 64 bytes of the request`; unique in the matrix.
impl fmt::Display for ProxyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverAccept => f.write_str("never accepted"),
            Self::ReadNothing => f.write_str("accepted and never read"),
            Self::CloseAtConnect => f.write_str("closed at connect"),
            Self::ResetAtConnect => f.write_str("reset at connect"),
            Self::HalfCloseAtConnect => f.write_str("half closed at connect"),
            Self::HangAfterHead => f.write_str("hangs after the request's head"),
            Self::HangAfterRequest => f.write_str("hangs after the request"),
            Self::HangAfterStatusLine => f.write_str("hangs after the status line"),
            Self::HangAfterAnswerHead => f.write_str("hangs after the answer's head"),
            Self::HangInAnswer => f.write_str("hangs in the answer's body"),
            Self::SlowRequest { pause } => write!(f, "request read at a byte each {pause:?}"),
            Self::SlowAnswer { pause } => write!(f, "answer sent at a byte each {pause:?}"),
            Self::CutRequest { after, cut } => {
                write!(f, "{cut} after {after} bytes of the request")
            }
            Self::NoAnswer { cut } => write!(f, "{cut} after the request"),
            Self::CutAnswer { after, cut } => write!(f, "{cut} after {after} bytes of the answer"),
            Self::CutAnswerBody { cut } => write!(f, "{cut} in the answer's body"),
            Self::LateAnswer { delay } => write!(f, "answer {delay:?} late"),
            Self::HeldAnswer => f.write_str("answer held back"),
            Self::Duplicate => f.write_str("request duplicated"),
            Self::StaleConnection { cut } => write!(f, "{cut} after a good answer"),
            Self::Status {
                status,
                retry_after,
            } => {
                write!(f, "status {}", status.as_u16())?;
                retry_after
                    .as_ref()
                    .map_or(Ok(()), |after| write!(f, ", retry-after {after}"))
            }
            Self::Redirect { status } => write!(f, "redirect {} elsewhere", status.as_u16()),
            Self::RedirectLoop => f.write_str("redirect to itself"),
            Self::HtmlPage => f.write_str("a page in html"),
            Self::EmptyAnswer => f.write_str("an empty answer"),
            Self::BrokenJson => f.write_str("broken json"),
            Self::TruncatedBody => f.write_str("truncated body"),
            Self::OverlongBody => f.write_str("overlong body"),
            Self::TwoLengths => f.write_str("two lengths"),
            Self::UnfinishedChunks => f.write_str("unfinished chunks"),
            Self::BrokenChunk => f.write_str("a broken chunk"),
            Self::EndlessChunks => f.write_str("endless chunks"),
            Self::HugeAnswer { bytes } => write!(f, "an answer of {bytes} bytes"),
            Self::GzipBomb { bytes } => write!(f, "a gzip bomb of {bytes} bytes"),
            Self::BrokenGzip => f.write_str("broken gzip"),
            Self::Garbage => f.write_str("garbage"),
            Self::TlsAlert => f.write_str("a tls alert"),
            Self::NoHead => f.write_str("no head"),
            Self::SwitchProtocols => f.write_str("switching protocols"),
            Self::EndlessContinue => f.write_str("endless continue"),
            Self::LongHeader { bytes } => write!(f, "a header of {bytes} bytes"),
            Self::ManyHeaders { count } => write!(f, "{count} headers"),
            Self::GrpcStatus { code, retry_delay } => {
                write!(f, "grpc status {code}")?;
                retry_delay.map_or(Ok(()), |delay| write!(f, ", retry in {delay:?}"))
            }
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Close => "closed",
            Self::Reset => "reset",
        })
    }
}

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(f, "{seconds}"),
            Self::DateIn(ahead) => write!(f, "a date in {ahead:?}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}
