//! Answers that are large or endless: generated while they are sent, from one block.

use std::time::Duration;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};

use super::{CHUNKED, CLOSE, JSON, ProxyFault, Synthetic};
use crate::apply::After;

const MIB: usize = 1024 * 1024;

pub(super) fn answer(fault: &ProxyFault) -> Option<Synthetic> {
    Some(match fault {
        ProxyFault::EndlessChunks => Synthetic {
            block: Bytes::from(format!("4000\r\n{}\r\n", " ".repeat(0x4000))),
            times: u64::MAX,
            pause: Duration::from_millis(1),
            ..Synthetic::once(format!("HTTP/1.1 200 OK\r\n{JSON}{CHUNKED}\r\n\r\n"), CLOSE)
        },
        ProxyFault::EndlessContinue => Synthetic {
            block: Bytes::from_static(b"HTTP/1.1 100 Continue\r\n\r\n"),
            times: u64::MAX,
            pause: Duration::from_millis(1),
            ..Synthetic::once("", CLOSE)
        },
        ProxyFault::ManyHeaders { count } => Synthetic {
            block: Bytes::from_static(b"x-filler: 0123456789\r\n"),
            times: *count,
            end: b"content-length: 2\r\n\r\n{}".to_vec(),
            ..Synthetic::once(format!("HTTP/1.1 200 OK\r\n{JSON}"), After::Keep)
        },
        ProxyFault::HugeAnswer { bytes } => huge(*bytes),
        ProxyFault::GzipBomb { bytes } => bomb(*bytes),
        ProxyFault::LongHeader { bytes } => long_header(*bytes),
        _ => return None,
    })
}

fn huge(bytes: u64) -> Synthetic {
    let block = u64::try_from(MIB).unwrap_or(1);
    Synthetic {
        block: Bytes::from(vec![b' '; MIB]),
        times: bytes / block,
        end: vec![b' '; usize::try_from(bytes % block).unwrap_or(0)],
        ..Synthetic::once(
            format!("HTTP/1.1 200 OK\r\n{JSON}content-length: {bytes}\r\n\r\n"),
            After::Keep,
        )
    }
}

fn long_header(bytes: u64) -> Synthetic {
    let block = 16 * 1024;
    Synthetic {
        block: Bytes::from(vec![b'a'; 16 * 1024]),
        times: bytes / block,
        end: [
            vec![b'a'; usize::try_from(bytes % block).unwrap_or(0)],
            b"\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
        ]
        .concat(),
        ..Synthetic::once("HTTP/1.1 200 OK\r\nx-long: ", After::Keep)
    }
}

/// Repeats one deflated MiB of zeros, flushed so that it ends at a byte and refers to nothing before it.
fn bomb(bytes: u64) -> Synthetic {
    let zeros = vec![0; MIB];
    let mut block = Vec::with_capacity(16 * 1024);
    let mut deflate = Compress::new(Compression::best(), false);
    // Compression can only fail for lack of memory.
    deflate
        .compress_vec(&zeros, &mut block, FlushCompress::Full)
        .ok();
    let times = bytes.div_ceil(u64::try_from(MIB).unwrap_or(1));
    let mut crc = Crc::new();
    let mut one = Crc::new();
    one.update(&zeros);
    for _ in 0..times {
        crc.combine(&one);
    }
    // A last, empty block; then the checksum and the length modulo 2^32, as RFC 1952 specifies.
    let mut end = vec![0x03, 0x00];
    end.extend(crc.sum().to_le_bytes());
    end.extend(crc.amount().to_le_bytes());
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
    let length = u64::try_from(block.len()).unwrap_or(0) * times + 20;
    let mut start = format!(
        "HTTP/1.1 200 OK\r\n{JSON}content-encoding: gzip\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes();
    start.extend(header);
    Synthetic {
        block: Bytes::from(block),
        times,
        end,
        ..Synthetic::once(start, After::Keep)
    }
}
