//! A connection whose client must read the answers that it requested.
//!
//! hyper waits forever until an answer can be written. A client that requests much and reads nothing would occupy a
//! connection and keep a page of the answer in memory. A connection therefore has a budget of patience: waiting spends
//! it, and bytes read by the client restore it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// The longest time that a write may wait for a client that reads nothing.
const WRITE_STALL: Duration = Duration::from_secs(30);
/// The read rate, in bytes per second, at which a client is never cut off.
const RATE: u32 = 16 << 10;

/// A connection that ends when its patience runs out.
pub(super) struct Paced<S> {
    socket: S,
    left: Duration,
    /// The time since which a write has been waiting.
    waiting: Option<Instant>,
    end: Pin<Box<Sleep>>,
}

impl<S> Paced<S> {
    pub(super) fn new(socket: S) -> Self {
        Self {
            socket,
            left: WRITE_STALL,
            waiting: None,
            end: Box::pin(sleep(WRITE_STALL)),
        }
    }

    /// Spends patience on the time waited and restores it for the bytes written; fails when patience has run out.
    fn pace(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                let waited = self
                    .waiting
                    .take()
                    .map_or(Duration::ZERO, |since| since.elapsed());
                let earned = Duration::from_secs(1).mul_f64(bytes as f64 / f64::from(RATE));
                self.left = (self.left.saturating_sub(waited) + earned).min(WRITE_STALL);
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                if self.waiting.is_none() {
                    let now = Instant::now();
                    self.waiting = Some(now);
                    self.end.as_mut().reset(now + self.left);
                }
                match self.end.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                    Poll::Pending => Poll::Pending,
                }
            }
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.pace(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.pace(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const BUFFER: usize = 64 << 10;

    #[tokio::test(start_paused = true)]
    async fn who_reads_nothing_is_cut_off() {
        let (near, _far) = duplex(BUFFER);
        let started = Instant::now();
        let mut paced = Paced::new(near);
        let error = paced.write_all(&vec![0; 4 * BUFFER]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed() <= WRITE_STALL + Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_cut_off_and_a_slow_reader_is_not() {
        for (bytes, ends_well) in [(1, false), (2 * RATE as usize, true)] {
            let (near, mut far) = duplex(BUFFER);
            let reader = tokio::task::spawn(async move {
                let mut chunk = vec![0; bytes];
                while far.read_exact(&mut chunk).await.is_ok() {
                    sleep(Duration::from_secs(1)).await;
                }
            });
            let mut paced = Paced::new(near);
            let written = paced.write_all(&vec![0; 64 * BUFFER]).await;
            assert_eq!(written.is_ok(), ends_well, "{bytes} bytes a second");
            drop(paced);
            reader.await.unwrap();
        }
    }
}
