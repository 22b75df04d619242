//! Readers that do not take their answer are cut off: what lies ready for them would be held in memory for as long as they like.
//!
//! Time counts only while something lies ready that is not taken. Whoever waits for something to be said, as on a stream without an
//! end, is never cut off.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long an answer may lie ready before any of it is taken.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is taken buys more of it: so many bytes a second of patience. A phone at the edge of a network takes more.
const BYTES_A_SECOND: u32 = 4 << 10;

/// A connection to a reader.
pub(crate) struct Paced<S> {
    inner: S,
    /// How long it may still be waited for.
    left: Duration,
    /// Since when it is waited for, and until when.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Paced<S> {
    pub(crate) const fn new(inner: S) -> Self {
        Self { inner, left: PATIENCE, waiting: None }
    }

    /// The reader took so many bytes.
    fn taken(&mut self, bytes: usize) {
        if let Some((since, _)) = self.waiting.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let earned = Duration::from_secs_f64(f64::from(bytes) / f64::from(BYTES_A_SECOND));
        self.left = self.left.saturating_add(earned).min(PATIENCE);
    }

    /// Waits for the reader, for as long as there is patience.
    fn waited(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let left = self.left;
        let (_, until) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
        ready!(until.as_mut().poll(context));
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the reader does not take the answer"))
    }

    fn after(&mut self, written: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.taken(bytes);
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.waited(context).map(Err),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.after(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.after(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    const ANSWER: usize = 1 << 20;

    /// How long it takes until the whole answer is taken, or its reader is cut off, by a reader that takes so many bytes at once.
    async fn answered(takes: usize, every: Duration) -> (Result<(), io::ErrorKind>, Duration) {
        let (server, mut reader): (DuplexStream, _) = duplex(256);
        let began = Instant::now();
        let reads = tokio::spawn(async move {
            let mut taken = vec![0; takes.max(1)];
            loop {
                tokio::time::sleep(every).await;
                if takes > 0 && reader.read_exact(&mut taken).await.is_err() {
                    return;
                }
            }
        });
        let answer = Paced::new(server).write_all(&vec![7; ANSWER]).await.map_err(|error| error.kind());
        reads.abort();
        (answer, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_off_and_who_takes_drops_is_not_kept_for_ever() {
        let (answer, took) = answered(0, Duration::from_secs(1)).await;
        assert_eq!(answer, Err(io::ErrorKind::TimedOut));
        assert!(took >= PATIENCE && took < PATIENCE * 2, "{took:?}");
        let (answer, took) = answered(16, Duration::from_secs(10)).await;
        assert_eq!(answer, Err(io::ErrorKind::TimedOut));
        assert!(took >= PATIENCE && took < PATIENCE * 2, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_slowly_and_steadily_gets_all_of_it() {
        let (answer, took) = answered(8 << 10, Duration::from_secs(1)).await;
        assert_eq!(answer, Ok(()));
        assert!(took > PATIENCE, "it takes longer than the patience with who takes nothing: {took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_in_which_nothing_is_said_costs_nothing() {
        let (server, mut reader) = duplex(256);
        let mut server = Paced::new(server);
        for _ in 0..3 {
            server.write_all(b"tick").await.unwrap();
            let mut tick = [0; 4];
            reader.read_exact(&mut tick).await.unwrap();
            assert_eq!(&tick, b"tick");
            tokio::time::sleep(PATIENCE * 2).await;
        }
    }
}
