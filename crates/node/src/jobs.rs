//! Blocking work, bounded: what touches a disk or waits for the register runs beside the event loop, and never more of
//! it at once than the machine can carry.
//!
//! Whoever asks without a token shares a smaller part of it, so that strangers cannot keep devices and parties out.

use std::time::Duration;

use web::{Place, Places, Unended, blocking};

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
    all: Places,
    open: Places,
    live: Places,
    large: Places,
    files: Places,
    waiting: Places,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            all: Places::new(JOBS_MAX),
            open: Places::new(OPEN_JOBS_MAX),
            live: Places::new(LIVE_JOBS_MAX),
            large: Places::new(LARGE_JOBS_MAX),
            files: Places::new(FILE_JOBS_MAX),
            waiting: Places::new(FILES_WAITING_MAX),
        }
    }
}

impl Jobs {
    /// Runs a job, if there is a place for it now; one with a file waits a little for its turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let narrow = match lane {
            Lane::Open => Some(self.open.take().ok_or_else(too_many)?),
            Lane::File => Some(self.file_place().await?),
            Lane::Token => None,
        };
        let place = self.all.take().ok_or_else(busy)?;
        Ok(blocking((narrow, place), job).await?)
    }

    /// A place for a job with a file, in the order in which they come: two people with a file each do not turn a third away at once.
    async fn file_place(&self) -> Result<Place, Problem> {
        if let Some(place) = self.files.take() {
            return Ok(place);
        }
        let _waiting = self.waiting.take().ok_or_else(too_many)?;
        self.files.within(FILES_WAIT).await.ok_or_else(too_many)
    }

    /// Runs a job of a party that takes the whole machine for a while, if no other does now.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.large.take().ok_or_else(busy)?;
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
        let place = self.live.turn().await;
        Ok(blocking(place, job).await?)
    }
}

fn too_many() -> Problem {
    Problem::new(Kind::TooMany)
}

fn busy() -> Problem {
    Problem::new(Kind::Busy)
}

impl From<Unended> for Problem {
    fn from(_: Unended) -> Self {
        Self::new(Kind::Internal)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
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
        while jobs.open.free() > 0 {
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
        while jobs.files.free() + jobs.waiting.free() > 0 {
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
