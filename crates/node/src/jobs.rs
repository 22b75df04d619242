//! Blocking work, bounded: what touches a disk or waits for the register runs beside the event loop, and never more of
//! it at once than the machine can carry.
//!
//! Whoever asks without a token shares a smaller part of it, so that strangers cannot keep devices and parties out.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Kind, Problem};

/// The most blocking jobs at once.
const JOBS_MAX: usize = 64;
/// The most of them for requests that carry no token.
const OPEN_JOBS_MAX: usize = 32;

/// The most looks after what is due to those who watch, at once. They wait for their turn, and take nobody else's place.
const LIVE_JOBS_MAX: usize = 4;

/// The most jobs at once that take the whole machine.
const LARGE_JOBS_MAX: usize = 1;
/// The most files of parties that are read or drawn at once: each may become large in memory.
const FILE_JOBS_MAX: usize = 2;
/// The most that wait for one of them to end: each may hold a file meanwhile.
const FILES_WAITING_MAX: usize = 4;
/// How long they wait.
const FILES_WAIT: Duration = Duration::from_secs(10);

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// A request with a token.
    Token,
    /// A request that anybody can make.
    Open,
    /// A request of a party with a file, or for one.
    File,
}

/// The places for blocking jobs.
#[derive(Debug)]
pub(crate) struct Jobs {
    all: Arc<Semaphore>,
    open: Arc<Semaphore>,
    live: Arc<Semaphore>,
    large: Arc<Semaphore>,
    files: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Jobs {
    fn default() -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self {
            all: places(JOBS_MAX),
            open: places(OPEN_JOBS_MAX),
            live: places(LIVE_JOBS_MAX),
            large: places(LARGE_JOBS_MAX),
            files: places(FILE_JOBS_MAX),
            waiting: places(FILES_WAITING_MAX),
        }
    }
}

impl Jobs {
    /// Runs a job, if there is a place for it now; one with a file waits a little for its turn. A request that gives up does not free the place: the job does, when
    /// it ends.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let narrow = match lane {
            Lane::Open => Some(Arc::clone(&self.open).try_acquire_owned().map_err(|_| Problem::new(Kind::TooMany))?),
            Lane::File => Some(self.file_place().await?),
            Lane::Token => None,
        };
        let place = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Problem::new(Kind::Busy))?;
        let ran = tokio::task::spawn_blocking(move || {
            let _places = (narrow, place);
            job()
        });
        ran.await.map_err(|_| Problem::new(Kind::Internal))
    }

    /// A place for a job with a file, in the order in which they come: a report takes one to count and one to draw, and two people
    /// with a file each should not turn a third away at once.
    async fn file_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let too_many = || Problem::new(Kind::TooMany);
        if let Ok(place) = Arc::clone(&self.files).try_acquire_owned() {
            return Ok(place);
        }
        let _waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| too_many())?;
        let place = tokio::time::timeout(FILES_WAIT, Arc::clone(&self.files).acquire_owned()).await;
        place.map_err(|_| too_many())?.map_err(|_| Problem::new(Kind::Internal))
    }

    /// Runs a job of a party that takes the whole machine for a while, if no other does now.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.large).try_acquire_owned().map_err(|_| Problem::new(Kind::Busy))?;
        self.run(Lane::Token, move || {
            let _place = place;
            job()
        })
        .await
    }

    /// Runs a job of somebody who watches, when its turn comes.
    pub(crate) async fn in_turn<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.live).acquire_owned().await.map_err(|_| Problem::new(Kind::Internal))?;
        let ran = tokio::task::spawn_blocking(move || {
            let _place = place;
            job()
        });
        ran.await.map_err(|_| Problem::new(Kind::Internal))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn strangers_are_turned_away_before_parties() {
        let jobs = Arc::new(Jobs::default());
        let (release, gate) = channel::<()>();
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let mut running = Vec::new();
        for _ in 0..OPEN_JOBS_MAX {
            let (jobs, gate) = (Arc::clone(&jobs), Arc::clone(&gate));
            running.push(tokio::spawn(async move {
                jobs.run(Lane::Open, move || gate.lock().map(|gate| gate.recv().is_ok()).unwrap_or(false)).await
            }));
        }
        while jobs.open.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(jobs.run(Lane::Open, || ()).await.map_err(|problem| problem.status()), Err(429));
        assert!(jobs.run(Lane::Token, || ()).await.is_ok());
        for _ in 0..OPEN_JOBS_MAX {
            release.send(()).unwrap();
        }
        for job in running {
            assert!(matches!(job.await, Ok(Ok(true))));
        }
        assert!(jobs.run(Lane::Open, || ()).await.is_ok());
    }

    #[tokio::test]
    async fn files_wait_for_their_turn_and_no_more_of_them_than_may() {
        let jobs = Arc::new(Jobs::default());
        let (release, gate) = channel::<()>();
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let mut running = Vec::new();
        for _ in 0..FILE_JOBS_MAX + FILES_WAITING_MAX {
            let (jobs, gate) = (Arc::clone(&jobs), Arc::clone(&gate));
            running.push(tokio::spawn(async move {
                jobs.run(Lane::File, move || gate.lock().map(|gate| gate.recv().is_ok()).unwrap_or(false)).await
            }));
        }
        while jobs.files.available_permits() + jobs.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(jobs.run(Lane::File, || ()).await.map_err(|problem| problem.status()), Err(429));
        for _ in 0..FILE_JOBS_MAX + FILES_WAITING_MAX {
            release.send(()).unwrap();
        }
        for job in running {
            assert!(matches!(job.await, Ok(Ok(true))));
        }
        assert!(jobs.run(Lane::File, || ()).await.is_ok());
    }
}
