//! A connection that can be read slowly, read only up to a limit, and cut.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;

/// The largest read, and so the largest piece that is forwarded.
const PIECE: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    buffer: BytesMut,
    /// Bytes that may still be read from the network; after them reading fails with [`io::ErrorKind::WouldBlock`].
    allowance: usize,
    /// If set, bytes are read one by one with this pause between them.
    pause: Option<Duration>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        // Written bytes must be sent at once, one by one if needed.
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

    /// Waits until there is a byte to read, without reading it; false at the end.
    pub(super) async fn has_more(&mut self) -> bool {
        !self.buffer.is_empty() || self.stream.peek(&mut [0]).await.is_ok_and(|read| read > 0)
    }

    /// Returns the bytes that have been read and not taken.
    pub(super) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Takes bytes that have been read: `count` of them, or fewer if there are fewer.
    pub(super) fn take(&mut self, count: usize) -> Bytes {
        self.buffer.split_to(count.min(self.buffer.len())).freeze()
    }

    /// Takes up to `count` bytes, and reads if none are buffered; empty at the end.
    pub(super) async fn piece(&mut self, count: usize) -> io::Result<Bytes> {
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        Ok(self.take(count))
    }

    /// Reads more into the buffer; false at the end.
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

    /// Returns whether the other side still has the connection open and has sent nothing unsolicited.
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

    /// Ends the sending half; reading continues.
    pub(super) async fn end(&mut self) {
        // The connection is most likely gone already.
        self.stream.shutdown().await.ok();
    }

    /// Reads and discards until the other side closes, which may never happen.
    pub(super) async fn drain(&mut self) {
        self.allowance = usize::MAX;
        self.pause = None;
        self.buffer.clear();
        while self.fill().await.is_ok_and(|more| more) {
            self.buffer.clear();
        }
    }

    /// Makes the following drop reset the connection (RST) and discard unsent bytes.
    pub(super) fn will_reset(&self) {
        self.stream.set_zero_linger().ok();
    }

    /// Resolves when the other side has closed or reset the connection, without reading from it.
    pub(super) async fn gone(&self) {
        while let Ok(ready) = self.stream.ready(Interest::READABLE).await {
            if ready.is_read_closed() || ready.is_error() {
                return;
            }
            // Reports `WouldBlock`, so that only new events wake this again.
            let nothing = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
            self.stream.try_io(Interest::READABLE, nothing).ok();
        }
    }

    /// Returns whether the connection begins with these bytes, as far as it has arrived; nothing is read.
    pub(super) async fn begins_with(&self, mark: &[u8]) -> bool {
        let mut seen = vec![0; mark.len()];
        let count = self.stream.peek(&mut seen).await.unwrap_or(0);
        seen.get(..count) == Some(mark)
    }
}
