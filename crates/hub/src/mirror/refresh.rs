//! Every city looked at once: by a few threads that read and check, and one that writes.
//!
//! Slow or hostile logs hold up a thread for as long as one look may take, and never the writer. What was checked is written in
//! transactions of some hundred cities; a crash loses at most the looks that were not written, and the next look makes them again.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use journal::shelf::Change;
use model::{Clock, PartyId};
use tlog::audit::LogSource;

use super::{City, Looked, Mirror, MirrorError, Prepared};

/// The most cities that are written in one transaction.
const WRITTEN_AT_ONCE: usize = 256;
/// The most bytes that wait to be written, as a number of looks.
const WAITING_MAX: usize = 64;
/// How many cities are read ahead.
const READ_AT_ONCE: usize = 256;
/// How often one city is looked at in a row while it has more.
const STAGES_MAX: usize = 64;

/// The way to a city's log.
pub trait Reach: Sync {
    /// The log of a city.
    fn reach(&self, city: &City) -> Box<dyn LogSource>;
}

/// What became of a refresh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// How many cities were looked at.
    pub cities: u64,
    /// How many had something new.
    pub grown: u64,
    /// How many entries were kept.
    pub entries: u64,
    /// How many failed.
    pub failed: u64,
    /// How many are frozen, those that were frozen now among them.
    pub frozen: u64,
    /// Whose log was found to contradict itself now.
    pub contradict: Vec<PartyId>,
}

/// Where the threads take their cities from.
struct Queue {
    reader: Mirror,
    after: Option<PartyId>,
    waiting: Vec<City>,
}

impl Queue {
    fn next(&mut self) -> Result<Option<City>, MirrorError> {
        if self.waiting.is_empty() {
            self.waiting = self.reader.cities(self.after.as_ref(), READ_AT_ONCE)?;
            self.after = self.waiting.last().map(|city| city.name.clone()).or(self.after.take());
            self.waiting.reverse();
        }
        Ok(self.waiting.pop())
    }
}

/// Looks at every city that is mirrored in a folder.
///
/// # Errors
/// Something could not be read or written; what was written before stays.
pub fn refresh(folder: &Path, ways: &dyn Reach, threads: usize, clock: &dyn Clock) -> Result<Refreshed, MirrorError> {
    let mut writer = Mirror::open(folder)?;
    let queue = Mutex::new(Queue { reader: Mirror::open(folder)?, after: None, waiting: Vec::new() });
    let (sender, receiver) = sync_channel(WAITING_MAX);
    thread::scope(|scope| {
        let looking: Vec<_> = (0..threads.max(1))
            .map(|_| {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || look(folder, queue, ways, clock, &sender))
            })
            .collect();
        drop(sender);
        let written = write(&mut writer, &receiver);
        // Whoever still looks finds nobody to tell, and stops.
        drop(receiver);
        for thread in looking {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        written
    })
}

fn look(
    folder: &Path,
    queue: &Mutex<Queue>,
    ways: &dyn Reach,
    clock: &dyn Clock,
    tell: &SyncSender<(PartyId, Prepared, bool)>,
) -> Result<(), MirrorError> {
    let mut own = Mirror::open(folder)?;
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        let Some(city) = next else { return Ok(()) };
        let name = city.name.clone();
        let mut prepared = own.prepare(city.clone(), &*ways.reach(&city), clock.now())?;
        let mut stages = 1;
        // A city with much that is new is written by whoever looks at it, so that not all of it waits in memory.
        while stages < STAGES_MAX && matches!(prepared.looked, Looked::Grown { more: true, .. }) {
            let Prepared { looked, change } = prepared;
            own.commit(Prepared { looked: looked.clone(), change })?;
            if tell.send((name.clone(), Prepared { looked, change: None }, false)).is_err() {
                return Ok(());
            }
            let city = own.city(&name)?;
            prepared = own.prepare(city.clone(), &*ways.reach(&city), clock.now())?;
            stages += 1;
        }
        if tell.send((name, prepared, true)).is_err() {
            return Ok(());
        }
    }
}

fn write(writer: &mut Mirror, looks: &Receiver<(PartyId, Prepared, bool)>) -> Result<Refreshed, MirrorError> {
    let mut refreshed = Refreshed::default();
    let mut changes: Vec<Change> = Vec::new();
    for (name, prepared, last) in looks {
        refreshed.count(name, &prepared.looked, last);
        changes.extend(prepared.change);
        if changes.len() >= WRITTEN_AT_ONCE {
            writer.put(&changes)?;
            changes.clear();
        }
    }
    writer.put(&changes)?;
    Ok(refreshed)
}

impl Refreshed {
    fn count(&mut self, name: PartyId, looked: &Looked, last: bool) {
        self.cities += u64::from(last);
        match looked {
            Looked::Unchanged => {}
            Looked::Grown { entries, .. } => {
                self.grown += u64::from(last);
                self.entries += entries;
            }
            Looked::Contradicts(_) => {
                self.frozen += 1;
                self.contradict.push(name);
            }
            Looked::Frozen => self.frozen += 1,
            Looked::Failed(_) => self.failed += 1,
        }
    }
}
