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

/// How long a reader may still be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Patience {
    most: Duration,
    left: Duration,
}

impl Patience {
    const fn of(most: Duration) -> Self {
        Self { most, left: most }
    }

    /// What is left after a wait that ended with so many bytes taken.
    fn after(self, waited: Duration, bytes: usize) -> Self {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let earned = Duration::from_secs_f64(f64::from(bytes) / f64::from(BYTES_A_SECOND));
        Self { left: self.left.saturating_sub(waited).saturating_add(earned).min(self.most), ..self }
    }
}

/// A connection to a reader.
pub(crate) struct Paced<S> {
    inner: S,
    patience: Patience,
    /// Since when it is waited for, and until when.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Paced<S> {
    pub(crate) const fn new(inner: S) -> Self {
        Self { inner, patience: Patience::of(PATIENCE), waiting: None }
    }

    /// Waits for the reader, for as long as there is patience.
    fn waited(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let left = self.patience.left;
        let (_, until) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
        ready!(until.as_mut().poll(context));
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the reader does not take the answer"))
    }

    fn after(&mut self, written: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                let waited = self.waiting.take().map_or(Duration::ZERO, |(since, _)| since.elapsed());
                self.patience = self.patience.after(waited, bytes);
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// How often somebody may take so many bytes after such a wait until patience ends; none if it does not.
    fn times(bytes: usize, every: Duration) -> Option<u32> {
        let mut patience = Patience::of(PATIENCE);
        (1..=10_000).find(|_| {
            let is_over = every >= patience.left;
            patience = patience.after(every, bytes);
            is_over
        })
    }

    #[test]
    fn drops_do_not_keep_an_answer_for_ever_and_a_slow_steady_reader_gets_all_of_it() {
        assert_eq!(times(0, Duration::from_secs(20)), Some(3));
        // The smallest packet that every network carries, every ten seconds.
        assert_eq!(times(536, Duration::from_secs(10)), Some(7));
        assert_eq!(times(8 << 10, Duration::from_secs(1)), None);
        let patience = Patience::of(PATIENCE).after(Duration::ZERO, usize::MAX);
        assert_eq!(patience.left, PATIENCE, "nobody earns more than there was at first");
    }

    #[tokio::test]
    async fn who_takes_nothing_is_cut_off() {
        let (server, reader) = duplex(256);
        let mut server = Paced { patience: Patience::of(Duration::from_millis(20)), ..Paced::new(server) };
        let answer = server.write_all(&[7; 1 << 12]).await.map_err(|error| error.kind());
        assert_eq!(answer, Err(io::ErrorKind::TimedOut));
        drop(reader);
    }

    #[tokio::test]
    async fn a_pause_in_which_nothing_is_said_costs_nothing() {
        let (server, mut reader) = duplex(256);
        let mut server = Paced { patience: Patience::of(Duration::from_millis(20)), ..Paced::new(server) };
        for _ in 0..3 {
            server.write_all(b"tick").await.unwrap();
            let mut tick = [0; 4];
            reader.read_exact(&mut tick).await.unwrap();
            assert_eq!(&tick, b"tick");
            sleep(Duration::from_millis(30)).await;
        }
        assert_eq!(server.patience.left, server.patience.most);
    }
}
