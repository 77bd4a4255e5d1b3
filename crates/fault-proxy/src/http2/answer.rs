//! Answers that no upstream sent, in frames.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;

use super::frame::{data, go_away, headers};
use crate::apply::After;
use crate::shared::Shared;
use crate::synthetic::{self, Synthetic};
use crate::{Cut, ProxyFault};

const GRPC: (&str, &str) = ("content-type", "application/grpc");
const OK: (&str, &str) = (":status", "200");
const MESSAGE: &str = "injected by the fault proxy";
/// The number of bytes sent at once; also the largest frame that every client accepts.
const PIECE: usize = 16 * 1024;

/// Answers that have no equivalent in frames are sent as HTTP/1.1, which a client treats as garbage.
pub(super) fn synthetic(fault: &ProxyFault, stream: u32, shared: &Shared) -> Synthetic {
    let head = || headers(stream, &[OK, GRPC], false);
    let frames = match fault {
        ProxyFault::HangAfterAnswerHead => return Synthetic::once(head(), After::Hang),
        ProxyFault::HangInAnswer => {
            let half = data(stream, &[0, 0, 0], false);
            return Synthetic::once([head(), half].concat(), After::Hang);
        }
        ProxyFault::EndlessChunks => return endless(head(), stream, u64::MAX),
        ProxyFault::HugeAnswer { bytes } => {
            let pieces = bytes.div_ceil(u64::try_from(PIECE).unwrap_or(1));
            return endless(head(), stream, pieces);
        }
        ProxyFault::Status {
            status,
            retry_after,
        } => {
            let retry_after = retry_after.as_ref().map(|after| after.value());
            let mut fields = vec![(":status", status.as_str())];
            fields.extend(retry_after.as_deref().map(|after| ("retry-after", after)));
            headers(stream, &fields, true)
        }
        ProxyFault::Redirect { status } => {
            let place = format!("http://{}/elsewhere", shared.elsewhere);
            let fields = [(":status", status.as_str()), ("location", place.as_str())];
            headers(stream, &fields, true)
        }
        ProxyFault::GrpcStatus { code, retry_delay } => grpc_status(stream, *code, *retry_delay),
        ProxyFault::HtmlPage => {
            let html = ("content-type", "text/html; charset=utf-8");
            let page = b"<!doctype html><title>Sign in</title>";
            [
                headers(stream, &[OK, html], false),
                data(stream, page, true),
            ]
            .concat()
        }
        ProxyFault::EmptyAnswer => headers(stream, &[OK, GRPC], true),
        // A message of three bytes that are not protobuf.
        ProxyFault::BrokenJson => {
            let message = data(stream, &[0, 0, 0, 0, 3, 255, 255, 255], false);
            let trailers = headers(stream, &[("grpc-status", "0")], true);
            [head(), message, trailers].concat()
        }
        // A message of a thousand bytes that ends after ten.
        ProxyFault::TruncatedBody => {
            let message = data(stream, &[[0, 0, 0, 3, 232], [0; 5]].concat(), true);
            [head(), message].concat()
        }
        _ => return synthetic::answer(fault, shared).then(After::Cut(Cut::Close)),
    };
    Synthetic::once([frames, go_away(stream)].concat(), After::Cut(Cut::Close))
}

/// Ignores the window that the client allows.
fn endless(head: Vec<u8>, stream: u32, times: u64) -> Synthetic {
    let block = data(stream, &[0; PIECE], false);
    Synthetic::repeated(head, Bytes::from(block), times, After::Cut(Cut::Close))
}

/// Returns a trailers-only response.
fn grpc_status(stream: u32, code: u8, retry_delay: Option<Duration>) -> Vec<u8> {
    let code_text = code.to_string();
    let details = retry_delay.map(|delay| STANDARD_NO_PAD.encode(details(code, delay)));
    let mut fields = vec![
        OK,
        GRPC,
        ("grpc-status", code_text.as_str()),
        ("grpc-message", MESSAGE),
    ];
    fields.extend(details.as_deref().map(|it| ("grpc-status-details-bin", it)));
    headers(stream, &fields, true)
}

/// Returns a `google.rpc.Status` with a `google.rpc.RetryInfo` among its details.
fn details(code: u8, delay: Duration) -> Vec<u8> {
    let mut duration = Vec::new();
    for (tag, number) in [
        (0x08, delay.as_secs()),
        (0x10, u64::from(delay.subsec_nanos())),
    ] {
        duration.push(tag);
        varint(&mut duration, number);
    }
    let retry_info = field(1, &duration);
    let kind = field(1, b"type.googleapis.com/google.rpc.RetryInfo");
    let any = [kind, field(2, &retry_info)].concat();
    [
        vec![0x08, code],
        field(2, MESSAGE.as_bytes()),
        field(3, &any),
    ]
    .concat()
}

/// Encodes a field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    varint(&mut field, u64::try_from(bytes.len()).unwrap_or(0));
    field.extend_from_slice(bytes);
    field
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        bytes.push(u8::try_from(number % 128).unwrap_or(0) | 128);
        number /= 128;
    }
    bytes.push(u8::try_from(number).unwrap_or(0));
}
