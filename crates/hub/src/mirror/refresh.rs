//! Every city looked at once: by a few threads that read and check, and one that writes.
//!
//! Slow or hostile logs hold up a thread for as long as one city may take, and never the writer. Who was not reached the last time comes
//! after all others, so that those who wait for an answer in vain are not the honest ones. What was checked is written in transactions of
//! some hundred cities; a crash loses at most the looks that were not written, and the next look makes them again.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use journal::JournalError;
use journal::shelf::Change;
use model::{Clock, PartyId, Span, Timestamp};
use serde::{Deserialize, Serialize};
use tlog::audit::LogSource;

use super::door::LOOK_BYTES_MAX;
use super::{City, CityRow, Looked, MIRRORS_BYTES_MAX, Mirror, MirrorError, Prepared, Standing, Trouble};
use crate::guarded::guarded;

/// The most cities that are written in one transaction.
const WRITTEN_AT_ONCE: usize = 256;
/// The most bytes that are gathered for one transaction, before the last look that is added.
const WRITTEN_BYTES_AT_ONCE: usize = 32 << 20;
/// The most looks that wait to be written.
const WAITING_MAX: usize = 16;
/// How many cities are read ahead. Each may have as much as the shelf keeps of one.
const READ_AT_ONCE: usize = 16;
/// How often one city is looked at in a row while it has more: all of it together asks for fewer files than a door opens for.
const STAGES_MAX: usize = 12;
/// How long after its first look a city that has more is looked at once more in the same refresh. A door stays open for longer.
const STAGES_TIME_MAX: Span = Span::minutes(1);
/// How much of one city is kept in a row, in bytes, before what it has more waits for the next refresh. A door lets more through.
const STAGES_BYTES_MAX: u64 = LOOK_BYTES_MAX / 2;

/// For how long cities that were in trouble the last time are begun with, from when all others were; whoever is left then comes first
/// among them in the next refresh. So thousands of logs that never answer cost no more than this, and each gets its turn, however long
/// the others took. As many as there are threads are begun with in any case.
pub const TROUBLED_TIME_MAX: Span = Span::hours(6);

/// What a refresh may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many cities are looked at side by side.
    pub threads: usize,
    /// The most that all mirrors together may take on the disk, in bytes.
    pub bytes_max: u64,
}

impl From<usize> for Limits {
    fn from(threads: usize) -> Self {
        Self { threads, bytes_max: MIRRORS_BYTES_MAX }
    }
}

/// The way to a city's log.
pub trait Reach: Sync {
    /// The log of a city, for one refresh.
    fn reach(&self, city: &City) -> Box<dyn LogSource>;
}

/// What became of a refresh.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// Where an older head was served than before. They are among those that failed.
    pub rolled_back: Vec<PartyId>,
    /// How many that were in trouble the last time wait for the next refresh.
    #[serde(default)]
    pub waiting: u64,
}

/// Where the threads take their cities from: first those whose last look held, then those that were never looked at, and last those that
/// were in trouble the last time.
struct Queue {
    reader: Mirror,
    after: Option<String>,
    waiting: Vec<CityRow>,
    /// Whether every row was read once.
    read: bool,
    new: VecDeque<PartyId>,
    /// With when they were last tried, and the longest ago first once all were read.
    troubled: Vec<(Option<Timestamp>, PartyId)>,
    /// Until when one of these is begun with; none while others wait.
    until: Option<Timestamp>,
    /// How many of these are begun with in any case.
    in_any_case: usize,
    /// How many rows could not be read.
    damaged: u64,
}

impl Queue {
    fn new(reader: Mirror, threads: usize) -> Self {
        let (new, troubled, waiting) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { reader, after: None, waiting, read: false, new, troubled, until: None, in_any_case: threads, damaged: 0 }
    }

    /// The next city that can be read. One that cannot is counted, and holds up no other.
    fn next(&mut self, clock: &dyn Clock) -> Result<Option<City>, MirrorError> {
        while !self.read {
            if self.waiting.is_empty() {
                self.waiting = self.reader.cities(self.after.as_deref(), READ_AT_ONCE)?;
                self.after = self.waiting.last().map(|(name, _)| name.clone()).or(self.after.take());
                self.waiting.reverse();
            }
            match self.waiting.pop() {
                None => {
                    self.read = true;
                    self.troubled.sort_by(|one, other| other.cmp(one));
                }
                Some((_, Err(MirrorError::Damaged { .. }))) => self.damaged += 1,
                Some((_, city)) => match self.in_turn(city?) {
                    None => {}
                    city => return Ok(city),
                },
            }
        }
        while let Some(name) = self.new.pop_front().or_else(|| self.next_troubled(clock)) {
            match self.reader.city(&name) {
                Err(MirrorError::Damaged { .. }) => self.damaged += 1,
                city => return city.map(Some),
            }
        }
        Ok(None)
    }

    /// The one that was tried the longest ago, while there is time for any. Nobody else waits any more.
    fn next_troubled(&mut self, clock: &dyn Clock) -> Option<PartyId> {
        let now = clock.now();
        let until = *self.until.get_or_insert(now + TROUBLED_TIME_MAX);
        if now > until && self.in_any_case == 0 {
            return None;
        }
        self.in_any_case = self.in_any_case.saturating_sub(1);
        self.troubled.pop().map(|(_, name)| name)
    }

    /// A city, unless its turn comes later.
    fn in_turn(&mut self, city: City) -> Option<City> {
        match &city.kept.standing {
            Standing::Unreachable { .. } | Standing::Unproven { .. } => {
                self.troubled.push((city.kept.tried, city.name))
            }
            Standing::Sound if city.kept.checked.is_none() => self.new.push_back(city.name),
            Standing::Sound | Standing::Behind { .. } | Standing::Frozen { .. } => return Some(city),
        }
        None
    }
}

/// Looks at every city that is mirrored in a folder.
///
/// # Errors
/// Something could not be read or written; what was written before stays.
pub fn refresh(
    folder: &Path,
    ways: &dyn Reach,
    limits: impl Into<Limits>,
    clock: &dyn Clock,
) -> Result<Refreshed, MirrorError> {
    let limits = limits.into();
    let mut writer = Mirror::open(folder)?;
    let queue = Mutex::new(Queue::new(Mirror::open(folder)?, limits.threads.max(1)));
    let (sender, receiver) = sync_channel(WAITING_MAX);
    let mut refreshed = thread::scope(|scope| {
        let looking: Vec<_> = (0..limits.threads.max(1))
            .map(|_| {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || look((folder, limits), queue, ways, clock, &sender))
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
    })?;
    let Queue { damaged, troubled, .. } = queue.into_inner().unwrap_or_else(PoisonError::into_inner);
    refreshed.cities += damaged;
    refreshed.failed += damaged;
    refreshed.waiting = troubled.len() as u64;
    Ok(refreshed)
}

/// A look that is to be written, and whether it is the last at its city.
struct Told {
    city: PartyId,
    prepared: Prepared,
    last: bool,
}

fn look(
    (folder, limits): (&Path, Limits),
    queue: &Mutex<Queue>,
    ways: &dyn Reach,
    clock: &dyn Clock,
    tell: &SyncSender<Told>,
) -> Result<(), MirrorError> {
    let mut own = Mirror::open(folder)?.within(limits.bytes_max);
    'cities: loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next(clock)?;
        let Some(city) = next else { return Ok(()) };
        let name = city.name.clone();
        let log = ways.reach(&city);
        let mut row = Row::begun(&city, clock);
        let mut prepared = once(&own, city, &*log, clock)?;
        // A city with much that is new is written by whoever looks at it, so that not all of it waits in memory.
        while matches!(prepared.looked, Looked::Grown { more: true, .. }) && row.goes_on(clock) {
            let looked = match own.commit(prepared) {
                Err(MirrorError::Shelf(JournalError::Refused(why))) => Looked::Failed(Trouble::NotKept(why)),
                committed => committed?,
            };
            let last = matches!(looked, Looked::Failed(_));
            if tell.send(Told { city: name.clone(), prepared: Prepared { looked, change: None }, last }).is_err() {
                return Ok(());
            }
            if last {
                continue 'cities;
            }
            let city = own.city(&name)?;
            row.looks_again(&city);
            prepared = once(&own, city, &*log, clock)?;
        }
        if tell.send(Told { city: name, prepared, last: true }).is_err() {
            return Ok(());
        }
    }
}

/// Looks at one city in a row.
struct Row {
    until: Timestamp,
    bytes_at_first: u64,
    bytes: u64,
    looks: usize,
}

impl Row {
    fn begun(city: &City, clock: &dyn Clock) -> Self {
        let bytes = city.kept.bytes;
        Self { until: clock.now() + STAGES_TIME_MAX, bytes_at_first: bytes, bytes, looks: 1 }
    }

    const fn looks_again(&mut self, city: &City) {
        self.bytes = city.kept.bytes;
        self.looks += 1;
    }

    fn goes_on(&self, clock: &dyn Clock) -> bool {
        let kept = self.bytes.saturating_sub(self.bytes_at_first);
        self.looks < STAGES_MAX && kept < STAGES_BYTES_MAX && clock.now() <= self.until
    }
}

/// One look. That what is kept of a city is damaged, or that its log brings a mistake of ours to light, is that city's failure, and not
/// that of all the others.
fn once(own: &Mirror, city: City, log: &dyn LogSource, clock: &dyn Clock) -> Result<Prepared, MirrorError> {
    let name = city.name.clone();
    match guarded(|| own.prepare(city, log, clock.now())) {
        Ok(Err(MirrorError::Damaged { .. })) => Ok(Prepared { looked: Looked::Failed(Trouble::Damaged), change: None }),
        Ok(prepared) => prepared,
        Err(mistake) => own.city(&name)?.in_trouble(Trouble::Mistake(mistake), clock.now()),
    }
}

fn write(writer: &mut Mirror, looks: &Receiver<Told>) -> Result<Refreshed, MirrorError> {
    let mut refreshed = Refreshed::default();
    let (mut waiting, mut bytes) = (Vec::new(), 0);
    for told in looks {
        bytes += told.prepared.change.as_ref().map_or(0, size);
        waiting.push(told);
        if waiting.len() >= WRITTEN_AT_ONCE || bytes >= WRITTEN_BYTES_AT_ONCE {
            refreshed.written(writer, std::mem::take(&mut waiting))?;
            bytes = 0;
        }
    }
    refreshed.written(writer, waiting)?;
    Ok(refreshed)
}

fn size(change: &Change) -> usize {
    let pieces = change.pieces.iter().map(|piece| piece.bytes.len());
    change.row.head.len() + change.row.fold.len() + pieces.sum::<usize>()
}

impl Refreshed {
    /// Writes looks in one transaction. Where the shelf refuses that for one of them, each is written by itself, and only those that
    /// are refused have failed.
    fn written(&mut self, writer: &mut Mirror, told: Vec<Told>) -> Result<(), MirrorError> {
        let mut counted = Vec::with_capacity(told.len());
        let mut changes = Vec::with_capacity(told.len());
        for Told { city, prepared: Prepared { looked, change }, last } in told {
            counted.push((city, looked, last, change.is_some()));
            changes.extend(change);
        }
        let whole = match writer.put(&changes) {
            Err(MirrorError::Shelf(JournalError::Refused(_))) => false,
            put => put.map(|()| true)?,
        };
        let mut changes = changes.iter();
        for (city, looked, last, changed) in counted {
            let own = if changed { changes.next() } else { None };
            let put = own.filter(|_| !whole).map_or(Ok(()), |change| writer.put(std::slice::from_ref(change)));
            match put {
                Err(MirrorError::Shelf(JournalError::Refused(why))) => {
                    self.count(city, &Looked::Failed(Trouble::NotKept(why)), last);
                }
                put => put.map(|()| self.count(city, &looked, last))?,
            }
        }
        Ok(())
    }

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
            Looked::RolledBack(_) => {
                self.failed += 1;
                self.rolled_back.push(name);
            }
            Looked::Failed(_) => self.failed += 1,
        }
    }
}
