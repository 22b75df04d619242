//! Places for blocking work: what touches a disk, waits for the journal or takes long runs beside the event loop, and never more of it at
//! once than there are places.
//!
//! A request that gives up does not free its place: the job does, when it ends. Who waits for which places is for each server to say.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Some places.
#[derive(Debug, Clone)]
pub struct Places(Arc<Semaphore>);

/// A place that is taken, until it is dropped.
#[derive(Debug)]
pub struct Place(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

/// The job panicked, or the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the job did not end")]
pub struct Unended;

impl Places {
    /// So many.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// One of them, if there is one now.
    #[must_use]
    pub fn take(&self) -> Option<Place> {
        Arc::clone(&self.0).try_acquire_owned().ok().map(Place)
    }

    /// One of them, in the order in which they are asked for.
    pub async fn turn(&self) -> Option<Place> {
        // Nobody closes them, so that there is always one to come.
        Arc::clone(&self.0).acquire_owned().await.ok().map(Place)
    }

    /// The same; none if that takes longer than a time.
    pub async fn within(&self, time: Duration) -> Option<Place> {
        tokio::time::timeout(time, self.turn()).await.ok()?
    }

    /// How many are free.
    #[must_use]
    pub fn free(&self) -> usize {
        self.0.available_permits()
    }
}

/// Runs a job that holds something until it ends: the places that it takes.
///
/// # Errors
/// It panicked.
pub async fn blocking<P: Send + 'static, T: Send + 'static>(
    held: P,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unended> {
    let ran = tokio::task::spawn_blocking(move || {
        let _held = held;
        job()
    });
    ran.await.map_err(|_| Unended)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn a_place_is_free_again_when_the_job_ends_and_not_when_its_asker_goes() {
        let places = Places::new(1);
        let (release, gate) = channel::<()>();
        let place = places.take().unwrap();
        let asker = tokio::spawn(blocking(place, move || gate.recv().is_ok()));
        tokio::task::yield_now().await;
        asker.abort();
        assert!(places.take().is_none() && places.within(Duration::from_millis(1)).await.is_none());
        release.send(()).unwrap();
        assert!(places.within(Duration::from_secs(20)).await.is_some());
        assert_eq!(places.free(), 1);
    }

    #[tokio::test]
    async fn a_job_that_panics_is_told_and_frees_its_place() {
        let places = Places::new(1);
        let ran = blocking(places.take(), || assert!(std::hint::black_box(false), "it panics")).await;
        assert_eq!((ran, places.free()), (Err(Unended), 1));
    }
}
