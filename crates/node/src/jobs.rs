//! Blocking work, bounded: what touches a disk or waits for the register runs beside the event loop, and never more of
//! it at once than the machine can carry.
//!
//! Whoever asks without a token shares a smaller part of it, so that strangers cannot keep devices and parties out.

use std::sync::Arc;

use tokio::sync::Semaphore;

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
        }
    }
}

impl Jobs {
    /// Runs a job, if there is a place for it now. A request that gives up does not free the place: the job does, when
    /// it ends.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let narrow = match lane {
            Lane::Open => Some(&self.open),
            Lane::File => Some(&self.files),
            Lane::Token => None,
        };
        let narrow = narrow.map(|places| Arc::clone(places).try_acquire_owned()).transpose();
        let narrow = narrow.map_err(|_| Problem::new(Kind::TooMany))?;
        let place = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Problem::new(Kind::Busy))?;
        let ran = tokio::task::spawn_blocking(move || {
            let _places = (narrow, place);
            job()
        });
        ran.await.map_err(|_| Problem::new(Kind::Internal))
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
}
