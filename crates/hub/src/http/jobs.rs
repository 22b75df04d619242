//! Blocking work, bounded: what waits for a disk, the journal or a solver runs beside the event loop, and never more of it at once than
//! the machine can carry.
//!
//! Whoever asks without a name shares a part of it, so that strangers cannot keep members out; a person has one proof at a time, so
//! that members cannot keep each other out.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use web::{Places, Unended, blocking};

use super::problem::Problem;
use crate::words::PersonId;

/// The most blocking jobs at once.
const JOBS_MAX: usize = 32;
/// The most of them for those who are not signed in and show no token.
const OPEN_JOBS_MAX: usize = 16;
/// The most tiles that are worked out at once.
const TILES_MAX: usize = 2;
/// The most proofs at once.
const PROOFS_MAX: usize = 2;

/// What is said where there is no place.
const BUSY: &str = "The hub is doing as much at once as it can. Try again in a moment.";
/// What is said to somebody who has a proof under way.
const PROVING: &str = "What you asked before is still being proved. Wait until its answer is there, then ask again.";

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Somebody who speaks for a member.
    Member,
    /// Anybody.
    Open,
    /// Anybody, for a tile above the lowest of a kept log: it is worked out from many entries.
    Tile,
}

/// The places for blocking jobs.
#[derive(Debug)]
pub(super) struct Jobs {
    all: Places,
    open: Places,
    tiles: Places,
    proofs: Places,
    proving: Arc<Mutex<BTreeSet<PersonId>>>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            all: Places::new(JOBS_MAX),
            open: Places::new(OPEN_JOBS_MAX),
            tiles: Places::new(TILES_MAX),
            proofs: Places::new(PROOFS_MAX),
            proving: Arc::default(),
        }
    }
}

impl Jobs {
    /// Runs a job, if there is a place for it now.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let narrow = match lane {
            Lane::Member => None,
            Lane::Open => Some(&self.open),
            Lane::Tile => Some(&self.tiles),
        };
        let narrow = narrow.map(|places| places.take().ok_or_else(busy)).transpose()?;
        let place = self.all.take().ok_or_else(busy)?;
        Ok(blocking((narrow, place), job).await?)
    }

    /// Runs a job that waits for a solver, if there is a place for it now and the person has no other.
    pub(super) async fn prove<T: Send + 'static>(
        &self,
        person: &PersonId,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let own = || Problem::new(StatusCode::TOO_MANY_REQUESTS, PROVING);
        let turn = Turn::of(&self.proving, person).ok_or_else(own)?;
        let place = self.proofs.take().ok_or_else(busy)?;
        Ok(blocking((turn, place), job).await?)
    }
}

impl From<Unended> for Problem {
    fn from(_: Unended) -> Self {
        Self::internal()
    }
}

fn busy() -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, BUSY)
}

/// A person's one proof, until it is dropped.
struct Turn(Arc<Mutex<BTreeSet<PersonId>>>, PersonId);

impl Turn {
    fn of(proving: &Arc<Mutex<BTreeSet<PersonId>>>, person: &PersonId) -> Option<Self> {
        let is_first = proving.lock().unwrap_or_else(PoisonError::into_inner).insert(person.clone());
        is_first.then(|| Self(Arc::clone(proving), person.clone()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// Somebody who waits for an answer. It is dropped with the request: when the answer is there, when it took too long, when they left.
#[derive(Debug)]
pub(super) struct Waits(Arc<AtomicBool>);

impl Waits {
    pub(super) fn begin() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// Whether the answer is still waited for.
    pub(super) fn watch(&self) -> impl Fn() -> bool + Send + 'static {
        let waits = Arc::clone(&self.0);
        move || waits.load(Ordering::SeqCst)
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use tokio::task::JoinHandle;

    use super::*;

    /// So many jobs of strangers that end when they are told to.
    async fn strangers(jobs: &Arc<Jobs>, count: usize) -> (Sender<()>, Vec<JoinHandle<bool>>) {
        let (release, gate) = channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let run = |_| {
            let (jobs, gate) = (Arc::clone(jobs), Arc::clone(&gate));
            tokio::spawn(async move {
                let waits = move || gate.lock().map(|gate| gate.recv().is_ok()).unwrap_or(false);
                jobs.run(Lane::Open, waits).await.unwrap_or(false)
            })
        };
        let running = (0..count).map(run).collect();
        while jobs.open.free() > OPEN_JOBS_MAX - count {
            tokio::task::yield_now().await;
        }
        (release, running)
    }

    #[tokio::test]
    async fn strangers_are_turned_away_before_members() {
        let jobs = Arc::new(Jobs::default());
        let (release, running) = strangers(&jobs, OPEN_JOBS_MAX).await;
        let refused = jobs.run(Lane::Open, || ()).await.map_err(|problem| problem.status);
        assert_eq!(refused, Err(StatusCode::TOO_MANY_REQUESTS));
        assert!(jobs.run(Lane::Member, || ()).await.is_ok());
        drop(release);
        for job in running {
            assert!(!job.await.unwrap());
        }
        assert!(jobs.run(Lane::Open, || ()).await.is_ok());
    }

    #[tokio::test]
    async fn a_person_has_one_proof_at_a_time_and_leaves_room_for_another() {
        let jobs = Arc::new(Jobs::default());
        let (one, other): (PersonId, PersonId) = ("one".parse().unwrap(), "other".parse().unwrap());
        let (release, gate) = channel::<()>();
        let running = {
            let (jobs, one) = (Arc::clone(&jobs), one.clone());
            tokio::spawn(async move { jobs.prove(&one, move || gate.recv().is_ok()).await.is_ok() })
        };
        while jobs.proofs.free() == PROOFS_MAX {
            tokio::task::yield_now().await;
        }
        let second = jobs.prove(&one, || ()).await.map_err(|problem| problem.detail);
        assert_eq!(second, Err(PROVING.to_owned()));
        assert!(jobs.prove(&other, || ()).await.is_ok());
        release.send(()).unwrap();
        assert!(running.await.unwrap());
        assert!(jobs.prove(&one, || ()).await.is_ok(), "it has ended");
    }

    #[test]
    fn who_has_left_waits_no_longer() {
        let waits = Waits::begin();
        let watch = waits.watch();
        assert!(watch());
        drop(waits);
        assert!(!watch());
    }
}
