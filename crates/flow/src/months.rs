//! How many observations were admitted and refused, month by month, until the log has it: of streams that may be counted the number, of
//! the others an order of magnitude alone, which coins raise ([`privacy::magnitude`]).
//!
//! Kept in one file that is written whole, once a minute, when a file was taken and when the city is closed, not with each batch: a
//! crash loses what was counted since. Of streams that are about people, or count them, no number is ever there, so that it cannot be
//! told: what of a batch passed no coins, and that is nearly all of it, leaves nothing at all. While the clock is not believed nothing is
//! counted either: nobody knows of which month it would be.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::counted::STREAMS_COUNTED_MAX;
use model::{
    Counted, Entropy, Estimated, Month, ObservationsCounted, ObservationsEstimated, RefusedFor, Span, State as Stage,
    Stream, StreamId, Timestamp,
};
use privacy::{magnitude, noise::Coins};
use register::{Fact, State};
use serde::{Deserialize, Serialize};

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
    months: BTreeMap<Month, Came>,
    /// Whether the file lacks something.
    changed: bool,
    /// When a tick wrote it last.
    kept_at: Timestamp,
}

/// What came in a month.
#[derive(Debug, Default)]
struct Came {
    counted: BTreeMap<StreamId, Counted>,
    estimated: BTreeMap<StreamId, Estimated>,
}

/// A month as it stands in the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    month: Month,
    /// Of which the number is told.
    streams: Vec<Counted>,
    /// Of which it is not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    estimated: Vec<Estimated>,
}

/// Which of a stream's two counters.
#[derive(Debug, Clone, Copy)]
enum Which {
    Admitted,
    Refused,
}

impl From<Written> for Came {
    fn from(written: Written) -> Self {
        Self {
            counted: written.streams.into_iter().map(|one| (one.stream.clone(), one)).collect(),
            estimated: written.estimated.into_iter().map(|one| (one.stream.clone(), one)).collect(),
        }
    }
}

impl Months {
    /// Reads what is kept. Of a month that the register was told of, of any stream, nothing more is counted.
    ///
    /// # Errors
    /// The file cannot be read or is damaged. Without it the city opens, and begins these numbers anew.
    pub(crate) fn open(root: &Path, state: &State) -> Result<Self, FolderError> {
        let path = root.join(FILE);
        let fail = |error| FolderError::File { path: path.clone(), error };
        let told: Vec<Written> = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
                let damaged =
                    "it is damaged; take it away, and the months that are not in the log yet are counted anew";
                fail(io::Error::new(io::ErrorKind::InvalidData, damaged))
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(fail(error)),
        };
        let months = told.into_iter().map(|told| (told.month, told.into())).collect();
        let told = state.counted_through.values().max();
        let open = told.map_or(Month::of(Timestamp::UNIX_EPOCH), |told| told.next());
        let kept = Kept { open, months, changed: false, kept_at: Timestamp::UNIX_EPOCH };
        Ok(Self { path, kept: Mutex::new(kept), writing: Mutex::default() })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, stream: &Stream, now: Timestamp, change: impl FnOnce(&mut Counted)) {
        let mut kept = self.kept();
        let streams = &mut kept.month(now).counted;
        if let Some(counted) = streams.get_mut(&stream.id) {
            change(counted);
        } else {
            let mut counted = Counted { stream: stream.id.clone(), admitted: 0, refused: BTreeMap::new() };
            change(&mut counted);
            streams.insert(stream.id.clone(), counted);
        }
        kept.changed = true;
    }

    /// Lets coins raise a counter for so many observations. They are thrown before anybody is waited for, and most often that is all.
    /// What the system gives no random bytes for is in no order of magnitude.
    fn estimate(&self, stream: &Stream, now: Timestamp, which: Which, many: u64, random: &dyn Entropy) {
        let mut coins = Coins::new(random);
        let Ok(passing @ 1..) = magnitude::passing(many, &mut coins) else { return };
        let mut kept = self.kept();
        let estimated = &mut kept.month(now).estimated;
        let estimated = estimated.entry(stream.id.clone()).or_insert_with(|| Estimated::begun(stream.id.clone()));
        let counter = match which {
            Which::Admitted => &mut estimated.admitted,
            Which::Refused => &mut estimated.refused,
        };
        // Nor does it tell of coins when the file was written: only a counter that rose is written anew.
        if let Ok(raised) = magnitude::raised(*counter, passing, &mut coins)
            && raised != *counter
        {
            *counter = raised;
            kept.changed = true;
        }
    }

    /// Observations were admitted.
    fn admitted(&self, stream: &Stream, now: Timestamp, many: u64, random: &dyn Entropy) {
        if stream.may_be_counted() {
            self.add(stream, now, |counted| counted.admitted = counted.admitted.saturating_add(many));
        } else {
            self.estimate(stream, now, Which::Admitted, many, random);
        }
    }

    /// A batch was refused, or so many rows of a file. Of what is not counted in numbers the reasons are not told apart.
    fn refused(&self, stream: &Stream, now: Timestamp, reason: RefusedFor, many: u64, random: &dyn Entropy) {
        if stream.may_be_counted() {
            self.add(stream, now, |counted| {
                let sum = counted.refused.entry(reason).or_default();
                *sum = sum.saturating_add(many);
            });
        } else {
            self.estimate(stream, now, Which::Refused, many, random);
        }
    }

    /// Begins the counters of streams that may collect, whether anything comes or not: that they are told of says nothing of it.
    fn begin<'s>(&self, streams: impl Iterator<Item = &'s StreamId>, now: Timestamp) {
        let mut begun = streams.peekable();
        if begun.peek().is_none() {
            return;
        }
        let mut kept = self.kept();
        let estimated = &mut kept.month(now).estimated;
        let before = estimated.len();
        for stream in begun {
            estimated.entry(stream.clone()).or_insert_with(|| Estimated::begun(stream.clone()));
        }
        kept.changed |= estimated.len() > before;
    }

    /// What came before a month, which takes no more.
    fn over(&self, before: Month) -> Vec<Fact> {
        let mut kept = self.kept();
        kept.open = kept.open.max(before);
        kept.months.range(..before).flat_map(|(month, came)| in_acts(*month, came)).collect()
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
    fn unwritten(&self, anyway: bool) -> Option<Vec<Written>> {
        let mut kept = self.kept();
        if !std::mem::take(&mut kept.changed) && !anyway {
            return None;
        }
        let of = |(month, came): (&Month, &Came)| Written {
            month: *month,
            streams: came.counted.values().cloned().collect(),
            estimated: came.estimated.values().cloned().collect(),
        };
        Some(kept.months.iter().map(of).collect())
    }
}

impl Kept {
    /// What came in the month that now takes it.
    fn month(&mut self, now: Timestamp) -> &mut Came {
        self.months.entry(Month::of(now).max(self.open)).or_default()
    }
}

impl Drop for Months {
    fn drop(&mut self) {
        // Nobody is left to hear that it failed; the file is then as old as after a crash.
        drop(self.keep());
    }
}

/// A month in as many acts as it needs.
fn in_acts(month: Month, came: &Came) -> Vec<Fact> {
    let counted: Vec<Counted> = came.counted.values().cloned().collect();
    let counted = counted.chunks(STREAMS_COUNTED_MAX).map(<[_]>::to_vec);
    let estimated: Vec<Estimated> = came.estimated.values().cloned().collect();
    let estimated = estimated.chunks(STREAMS_COUNTED_MAX).map(<[_]>::to_vec);
    let counted = counted.map(|streams| Fact::ObservationsCounted(ObservationsCounted { month, streams }));
    let estimated = estimated.map(|streams| Fact::ObservationsEstimated(ObservationsEstimated { month, streams }));
    counted.chain(estimated).collect()
}

impl City {
    /// Counts observations of a stream that were admitted.
    pub(crate) fn count_admitted(&self, stream: &Stream, many: u64) {
        if let Ok(now) = self.register.believed_now() {
            self.months.admitted(stream, now, many, self.register.entropy());
        }
    }

    /// Counts a batch that was refused, or so many rows of a file.
    pub(crate) fn count_refused(&self, stream: &Stream, reason: RefusedFor, many: u64) {
        if let Ok(now) = self.register.believed_now() {
            self.months.refused(stream, now, reason, many, self.register.entropy());
        }
    }

    /// Tells the log of months that are over, and keeps what is counted of the others.
    pub(crate) fn tell_months(&self, now: Timestamp) -> Result<(), CityError> {
        let state = self.register.state();
        let collecting = state.deployments.values().filter(|record| record.standing.state == Stage::Active);
        let streams =
            collecting.flat_map(|record| &record.deployment.streams).filter(|stream| !stream.may_be_counted());
        self.months.begin(streams.map(|stream| &stream.id), now);
        let before = Month::of(now - TOLD_AFTER);
        let over = self.months.over(before);
        let is_over = !over.is_empty();
        for told in over {
            self.register.record(told)?;
        }
        // A crash before the file forgets them says nothing twice: the register knows what it was told.
        self.months.told(before);
        if is_over || self.months.is_due(now) { Ok(self.months.write(is_over)?) } else { Ok(()) }
    }
}
