//! The behaviours.

use std::fmt;
use std::time::Duration;

use http::StatusCode;

/// One way in which a network or the server behind it misbehaves.
///
/// Byte counts are those on the wire, heads included. "Hangs" means that nothing more is read and nothing sent, for as
/// long as the client stays and the proxy lives. [`matrix`](Self::matrix) has every behaviour with figures to test with,
/// and `Display` names each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyFault {
    /// Connections stay in the backlog: the client's connect succeeds and nothing ever happens.
    /// The script stands still at this fault until [`FaultProxy::heal`](super::FaultProxy::heal).
    NeverAccept,
    /// Connections are accepted, and then nothing is read from them.
    ReadNothing,
    /// The connection is closed in the moment of its acceptance, without a look at what it brings. What has arrived by
    /// then turns the close into a reset.
    CloseAtConnect,
    /// The connection is reset (RST) in the moment of its acceptance.
    ResetAtConnect,
    /// The sending half is closed (FIN) at once, while the request is still read to its end.
    HalfCloseAtConnect,
    /// The request's head is read; then it hangs.
    HangAfterHead,
    /// The whole request is read, and not passed on; then it hangs.
    HangAfterRequest,
    /// `HTTP/1.1 200 OK` is sent; then it hangs.
    HangAfterStatusLine,
    /// A whole head is sent that promises a body; then it hangs.
    HangAfterAnswerHead,
    /// Half of the promised body is sent; then it hangs.
    HangInAnswer,
    /// The request is read one byte at a time, and then passed on.
    SlowRequest {
        /// Time between two bytes.
        pause: Duration,
    },
    /// The upstream's answer is sent one byte at a time.
    SlowAnswer {
        /// Time between two bytes.
        pause: Duration,
    },
    /// The connection breaks when this many bytes of the request have been read, or at its end when it is shorter.
    /// The upstream gets nothing.
    CutRequest {
        /// Bytes read before.
        after: usize,
        /// How the connection ends.
        cut: Cut,
    },
    /// The whole request is read; the connection ends without an answer. The upstream gets nothing.
    NoAnswer {
        /// How the connection ends.
        cut: Cut,
    },
    /// The request is passed on and answered; the connection breaks when this many bytes of the answer have been sent.
    /// With 0 the client cannot know that its request was applied.
    CutAnswer {
        /// Bytes of the answer sent before.
        after: usize,
        /// How the connection ends.
        cut: Cut,
    },
    /// As [`CutAnswer`](Self::CutAnswer), in the middle of the answer's body.
    CutAnswerBody {
        /// How the connection ends.
        cut: Cut,
    },
    /// The request is passed on; the upstream's answer arrives this much later. Longer than the client's timeout, it is
    /// not delivered.
    LateAnswer {
        /// Added to the answer's time.
        delay: Duration,
    },
    /// As [`LateAnswer`](Self::LateAnswer), until [`FaultProxy::release`](super::FaultProxy::release).
    HeldAnswer,
    /// The request reaches the upstream twice, at the same time; one of the answers is delivered.
    Duplicate,
    /// A good answer on a connection that seems to stay open, and ends right after it: the client's next request may be
    /// sent into nothing.
    StaleConnection {
        /// How the connection ends.
        cut: Cut,
    },
    /// A status the upstream never gave, with a small JSON body where the status has one.
    Status {
        /// The status, also one without a name, such as 599.
        status: StatusCode,
        /// The header `retry-after`, if any.
        retry_after: Option<RetryAfter>,
    },
    /// A redirect to another origin: a second port of the proxy, which counts who comes
    /// ([`ProxyCounts::elsewhere`](super::ProxyCounts::elsewhere)) and answers 200.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: StatusCode,
    },
    /// A redirect (307) to where the request came from.
    RedirectLoop,
    /// 200 with a page in HTML, as captive portals and login walls send it.
    HtmlPage,
    /// 200 with an empty body.
    EmptyAnswer,
    /// 200 with a body that is no JSON, though it says so.
    BrokenJson,
    /// 200 with 10 bytes of the 1,000 that its `content-length` promises, then closed.
    TruncatedBody,
    /// 200 with more bytes than its `content-length` says.
    OverlongBody,
    /// 200 with two different `content-length` headers.
    TwoLengths,
    /// 200 in chunks, closed without the last one.
    UnfinishedChunks,
    /// 200 in chunks, one of which has a size that is no number.
    BrokenChunk,
    /// 200 in chunks that never end.
    EndlessChunks,
    /// 200 with a body of this length, made while it is sent.
    HugeAnswer {
        /// Bytes of the body.
        bytes: u64,
    },
    /// 200 with a gzip body of zeros that inflates to this length, a thousandth of which is sent.
    GzipBomb {
        /// Bytes after inflating, rounded up to a full MiB.
        bytes: u64,
    },
    /// 200 with a body that is not the gzip it says it is.
    BrokenGzip,
    /// Bytes that are no HTTP, then closed.
    Garbage,
    /// A fatal TLS alert in plain text, as from a port that expects TLS.
    TlsAlert,
    /// A body without any head, as HTTP/0.9 had it, then closed.
    NoHead,
    /// `101 Switching Protocols`, which was not asked for; then it hangs.
    SwitchProtocols,
    /// `100 Continue`, over and over, and never an answer.
    EndlessContinue,
    /// A header of this length.
    LongHeader {
        /// Bytes of its value.
        bytes: u64,
    },
    /// This many headers.
    ManyHeaders {
        /// How many.
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
    /// Orderly (FIN): the client reads an end. The other direction stays open until the client closes it.
    Close,
    /// At once (RST): the client's reads and writes fail.
    Reset,
}

/// A `retry-after` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Seconds.
    Seconds(u64),
    /// An HTTP date this far ahead of the moment of the answer.
    DateIn(Duration),
    /// This text, sensible or not. Characters that no header can have are left out.
    Text(&'static str),
}

impl ProxyFault {
    /// A status without `retry-after`.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        Self::Status {
            status,
            retry_after: None,
        }
    }

    /// Whether the upstream gets the whole request, so that it may have been applied whatever the client sees.
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

    /// Whether it can be known at the connection, before there is a request.
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

/// A short name with the figures, such as `reset after 64 bytes of the request`; no two rows of the matrix share one.
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
