//! A connection that can be read slowly, read only so far, and cut.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;

/// What is read at once; also the largest piece that is passed on.
const PIECE: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    buffer: BytesMut,
    /// Bytes that may still be taken off the network; then reading fails with [`io::ErrorKind::WouldBlock`].
    allowance: usize,
    /// When set, bytes come one by one with this between them.
    pause: Option<Duration>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        // What is written has to leave at once, byte by byte if need be.
        stream.set_nodelay(true).ok();
        Self {
            stream,
            buffer: BytesMut::new(),
            allowance: usize::MAX,
            pause: None,
        }
    }

    pub(super) fn read_slowly(&mut self, pause: Option<Duration>) {
        self.pause = pause;
    }

    pub(super) fn read_at_most(&mut self, bytes: usize) {
        self.allowance = bytes;
    }

    /// Waits until there is a byte to read, without reading it. False at the end.
    pub(super) async fn has_more(&mut self) -> bool {
        !self.buffer.is_empty() || self.stream.peek(&mut [0]).await.is_ok_and(|read| read > 0)
    }

    /// What has been read and not been taken.
    pub(super) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Takes bytes that have been read: `count` of them, or what there is.
    pub(super) fn take(&mut self, count: usize) -> Bytes {
        self.buffer.split_to(count.min(self.buffer.len())).freeze()
    }

    /// Takes what there is, for the most `count` bytes, reading when there is nothing. Empty at the end.
    pub(super) async fn piece(&mut self, count: usize) -> io::Result<Bytes> {
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        Ok(self.take(count))
    }

    /// Reads more into the buffer. False at the end.
    pub(super) async fn fill(&mut self) -> io::Result<bool> {
        if self.allowance == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let wanted = match self.pause {
            Some(pause) => {
                tokio::time::sleep(pause).await;
                1
            }
            None => PIECE.min(self.allowance),
        };
        let mut limited = (&mut self.stream).take(u64::try_from(wanted).unwrap_or(u64::MAX));
        let read = limited.read_buf(&mut self.buffer).await?;
        self.allowance = self.allowance.saturating_sub(read);
        Ok(read > 0)
    }

    /// Whether the other side still has the connection open and has said nothing that was not asked for.
    pub(super) fn is_idle(&self) -> bool {
        let nothing = self.stream.try_read(&mut [0]);
        self.buffer.is_empty() && nothing.is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock)
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    pub(super) async fn send_slowly(
        &mut self,
        mut bytes: Bytes,
        pause: Duration,
    ) -> io::Result<()> {
        while bytes.has_remaining() {
            self.send(&bytes.split_to(1)).await?;
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// Ends the sending half; reading goes on.
    pub(super) async fn end(&mut self) {
        // Gone already, most likely.
        self.stream.shutdown().await.ok();
    }

    /// Reads and forgets until the other side is done. Resolves never when it never is.
    pub(super) async fn drain(&mut self) {
        self.allowance = usize::MAX;
        self.pause = None;
        self.buffer.clear();
        while self.fill().await.is_ok_and(|more| more) {
            self.buffer.clear();
        }
    }

    /// Makes the drop that follows a reset (RST), which throws away what is unsent.
    pub(super) fn will_reset(&self) {
        self.stream.set_zero_linger().ok();
    }

    /// Resolves when the other side has closed or reset the connection, without reading from it.
    pub(super) async fn gone(&self) {
        while let Ok(ready) = self.stream.ready(Interest::READABLE).await {
            if ready.is_read_closed() || ready.is_error() {
                return;
            }
            // Pretends to have found nothing, so that only what is new wakes this again.
            let nothing = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
            self.stream.try_io(Interest::READABLE, nothing).ok();
        }
    }

    /// Whether the connection begins with this, as far as it has arrived; nothing is read.
    pub(super) async fn begins_with(&self, mark: &[u8]) -> bool {
        let mut seen = vec![0; mark.len()];
        let count = self.stream.peek(&mut seen).await.unwrap_or(0);
        seen.get(..count) == Some(mark)
    }
}
