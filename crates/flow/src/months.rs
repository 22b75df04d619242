//! How many observations of streams that may be counted were admitted and refused, month by month, until the log has it.
//!
//! Kept in one file that is written whole, once a minute, when a file was taken and when the city is closed, not with each batch: a
//! crash loses what was counted since. Of streams that are about people, or count them, nothing is counted, so that nothing of them can be
//! told. While the clock is not believed nothing is counted either: nobody knows of which month it would be.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::counted::STREAMS_COUNTED_MAX;
use model::{Counted, Month, ObservationsCounted, RefusedFor, Span, Stream, StreamId, Timestamp};
use register::{Fact, State};

use crate::city::{City, CityError};
use crate::folder::{FolderError, write_secret};

/// The file beside the register.
const FILE: &str = "months.json";
/// How long after its end a month is told of: no request that came within it lasts that long.
const TOLD_AFTER: Span = Span::hours(1);
/// How often a tick writes what changed, at most.
const KEPT_EVERY: Span = Span::minutes(1);

/// What is counted and not in the log yet.
#[derive(Debug)]
pub(crate) struct Months {
    path: PathBuf,
    kept: Mutex<Kept>,
    /// Held while the disk works, so that no older state is written over a newer one.
    writing: Mutex<()>,
}

#[derive(Debug)]
struct Kept {
    /// The first month that still takes numbers: what is told of takes none, whatever the clock says.
    open: Month,
    months: BTreeMap<Month, BTreeMap<StreamId, Counted>>,
    /// Whether the file lacks something.
    changed: bool,
    /// When a tick wrote it last.
    kept_at: Timestamp,
}

impl Months {
    /// Reads what is kept. Of a month that the register was told of, of any stream, nothing more is counted.
    ///
    /// # Errors
    /// The file cannot be read or is damaged. Without it the city opens, and begins these numbers anew.
    pub(crate) fn open(root: &Path, state: &State) -> Result<Self, FolderError> {
        let path = root.join(FILE);
        let fail = |error| FolderError::File { path: path.clone(), error };
        let told: Vec<ObservationsCounted> = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
                let damaged =
                    "it is damaged; take it away, and the months that are not in the log yet are counted anew";
                fail(io::Error::new(io::ErrorKind::InvalidData, damaged))
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(fail(error)),
        };
        let by_stream = |streams: Vec<Counted>| streams.into_iter().map(|one| (one.stream.clone(), one)).collect();
        let months = told.into_iter().map(|told| (told.month, by_stream(told.streams))).collect();
        let told = state.counted_through.values().max();
        let open = told.map_or(Month::of(Timestamp::UNIX_EPOCH), |told| told.next());
        let kept = Kept { open, months, changed: false, kept_at: Timestamp::UNIX_EPOCH };
        Ok(Self { path, kept: Mutex::new(kept), writing: Mutex::default() })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, stream: &Stream, now: Timestamp, change: impl FnOnce(&mut Counted)) {
        if !stream.may_be_counted() {
            return;
        }
        let month = Month::of(now);
        let mut kept = self.kept();
        let month = month.max(kept.open);
        let streams = kept.months.entry(month).or_default();
        if let Some(counted) = streams.get_mut(&stream.id) {
            change(counted);
        } else {
            let mut counted = Counted { stream: stream.id.clone(), admitted: 0, refused: BTreeMap::new() };
            change(&mut counted);
            streams.insert(stream.id.clone(), counted);
        }
        kept.changed = true;
    }

    /// Observations were admitted.
    pub(crate) fn admitted(&self, stream: &Stream, now: Timestamp, many: u64) {
        self.add(stream, now, |counted| counted.admitted = counted.admitted.saturating_add(many));
    }

    /// A batch was refused, or so many rows of a file.
    pub(crate) fn refused(&self, stream: &Stream, now: Timestamp, reason: RefusedFor, many: u64) {
        self.add(stream, now, |counted| {
            let sum = counted.refused.entry(reason).or_default();
            *sum = sum.saturating_add(many);
        });
    }

    /// What was counted before a month, which takes no more.
    fn over(&self, before: Month) -> Vec<ObservationsCounted> {
        let mut kept = self.kept();
        kept.open = kept.open.max(before);
        kept.months.range(..before).flat_map(|(month, streams)| in_acts(*month, streams)).collect()
    }

    /// The log has what was counted before a month.
    fn told(&self, before: Month) {
        self.kept().months.retain(|month, _| *month >= before);
    }

    /// Whether a tick should write now. A clock that was set back is one that went on.
    fn is_due(&self, now: Timestamp) -> bool {
        let mut kept = self.kept();
        let due = kept.changed && (now < kept.kept_at || now >= kept.kept_at + KEPT_EVERY);
        if due {
            kept.kept_at = now;
        }
        due
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// The disk failed; what was kept stays, and the next time tries again.
    pub(crate) fn keep(&self) -> Result<(), FolderError> {
        self.write(false)
    }

    fn write(&self, anyway: bool) -> Result<(), FolderError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(all) = self.unwritten(anyway) else { return Ok(()) };
        let unwritten = |error: serde_json::Error| FolderError::File { path: self.path.clone(), error: error.into() };
        let written = serde_json::to_vec(&all).map_err(unwritten).and_then(|all| write_secret(&self.path, &all));
        if written.is_err() {
            self.kept().changed = true;
        }
        written
    }

    /// What is to be written, if anything changed. Whoever counts meanwhile waits for no disk.
    fn unwritten(&self, anyway: bool) -> Option<Vec<ObservationsCounted>> {
        let mut kept = self.kept();
        if !std::mem::take(&mut kept.changed) && !anyway {
            return None;
        }
        let of = |(month, streams): (&Month, &BTreeMap<StreamId, Counted>)| ObservationsCounted {
            month: *month,
            streams: streams.values().cloned().collect(),
        };
        Some(kept.months.iter().map(of).collect())
    }
}

impl Drop for Months {
    fn drop(&mut self) {
        // Nobody is left to hear that it failed; the file is then as old as after a crash.
        drop(self.keep());
    }
}

/// A month in as many acts as it needs.
fn in_acts(month: Month, streams: &BTreeMap<StreamId, Counted>) -> Vec<ObservationsCounted> {
    let streams: Vec<Counted> = streams.values().cloned().collect();
    streams.chunks(STREAMS_COUNTED_MAX).map(|some| ObservationsCounted { month, streams: some.to_vec() }).collect()
}

impl City {
    /// Counts observations of a stream that were admitted.
    pub(crate) fn count_admitted(&self, stream: &Stream, many: u64) {
        if let Ok(now) = self.register.believed_now() {
            self.months.admitted(stream, now, many);
        }
    }

    /// Counts a batch that was refused, or so many rows of a file.
    pub(crate) fn count_refused(&self, stream: &Stream, reason: RefusedFor, many: u64) {
        if let Ok(now) = self.register.believed_now() {
            self.months.refused(stream, now, reason, many);
        }
    }

    /// Tells the log of months that are over, and keeps what is counted of the others.
    pub(crate) fn tell_months(&self, now: Timestamp) -> Result<(), CityError> {
        let before = Month::of(now - TOLD_AFTER);
        let over = self.months.over(before);
        let is_over = !over.is_empty();
        for told in over {
            self.register.record(Fact::ObservationsCounted(told))?;
        }
        // A crash before the file forgets them says nothing twice: the register knows what it was told.
        self.months.told(before);
        if is_over || self.months.is_due(now) { Ok(self.months.write(is_over)?) } else { Ok(()) }
    }
}
