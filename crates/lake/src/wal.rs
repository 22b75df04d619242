//! Appending: batches that come at once share one sync of the disk.
//!
//! Whoever finds nobody writing writes for all that wait; the others wait for the result. There is no thread and no timer:
//! alone, a batch is written at once, and the busier the lake the more of them share a sync.
//!
//! Locks are taken in the order queue, segment, memory, and none is held while a later reader could wait for the disk but
//! the segment's own.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use model::StreamId;
use privacy::Columns;

use crate::durable::Disk;
use crate::memory::Memory;
use crate::segment::{Segment, entry};
use crate::{LakeError, Recovered, segment};

/// What is written together at most, in bytes, unless one batch alone is larger.
const GROUP_BYTES_MAX: usize = 8 << 20;

/// A batch that waits for the disk.
struct Waiting {
    stream: StreamId,
    columns: Columns,
    bytes: Vec<u8>,
}

/// Batches in the order of their tickets.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// The ticket of the next batch that comes.
    next: u64,
    /// Batches with lower tickets have their result.
    settled: u64,
    /// Why a settled batch was not taken, until its appender has heard.
    failed: BTreeMap<u64, Failure>,
    /// Somebody is writing.
    led: bool,
}

impl Queue {
    /// How many of those that wait are written together: one at least.
    fn group(&self) -> usize {
        let mut bytes = 0;
        let within = self.waiting.iter().take_while(|waiting| {
            bytes += waiting.bytes.len();
            bytes <= GROUP_BYTES_MAX
        });
        within.count().max(1)
    }
}

/// An error that several appenders hear.
#[derive(Clone)]
enum Failure {
    Full(PathBuf),
    Stopped(PathBuf),
    File(PathBuf, io::ErrorKind, String),
}

impl Failure {
    fn of(error: LakeError, path: &Path) -> Self {
        match error {
            LakeError::Full { path } => Self::Full(path),
            LakeError::Stopped { path } => Self::Stopped(path),
            LakeError::File { path, error } => Self::File(path, error.kind(), error.to_string()),
            other => Self::File(path.to_owned(), io::ErrorKind::Other, other.to_string()),
        }
    }
}

impl From<Failure> for LakeError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full(path) => Self::Full { path },
            Failure::Stopped(path) => Self::Stopped { path },
            Failure::File(path, kind, text) => Self::File { path, error: io::Error::new(kind, text) },
        }
    }
}

/// The write-ahead log: its live segment, those on their way to Parquet, and their rows.
pub(crate) struct Wal {
    root: PathBuf,
    disk: Disk,
    queue: Mutex<Queue>,
    settled: Condvar,
    segment: Mutex<Segment>,
    memory: Mutex<Memory>,
    /// Bytes of the live segment.
    bytes: AtomicU64,
}

/// Every change under a lock happens after the disk has it, so a panic leaves nothing half done.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wal {
    /// Opens the segments that are there, or begins the first.
    pub(crate) fn open(root: &Path, disk: &Disk) -> Result<(Self, Recovered), LakeError> {
        let mut numbers = segment::existing(root, disk)?;
        let newest = numbers.pop().unwrap_or(1);
        let mut memory = Memory::new(newest);
        let mut recovered = Recovered::default();
        let mut note = |batches: &segment::Batches, torn: u64| {
            recovered.rows += batches.iter().map(|(_, columns)| columns.len() as u64).sum::<u64>();
            recovered.torn_bytes += torn;
        };
        for number in numbers {
            let (_, batches, torn) = Segment::open(root, number, disk)?;
            note(&batches, torn);
            memory.seal(number, batches);
        }
        let (segment, batches, torn) = Segment::open(root, newest, disk)?;
        note(&batches, torn);
        batches.into_iter().for_each(|(stream, columns)| memory.add(&stream, columns));
        let wal = Self {
            root: root.to_owned(),
            disk: disk.clone(),
            queue: Mutex::default(),
            settled: Condvar::new(),
            bytes: AtomicU64::new(segment.bytes()),
            segment: Mutex::new(segment),
            memory: Mutex::new(memory),
        };
        Ok((wal, recovered))
    }

    /// The rows that are not Parquet yet. Never held while waiting for a disk.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        held(&self.memory)
    }

    /// Bytes of the live segment.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Appends a batch; answers when the disk has it.
    pub(crate) fn append(&self, stream: &StreamId, columns: &Columns) -> Result<(), LakeError> {
        let bytes = entry(stream, columns).ok_or(LakeError::TooLarge)?;
        let waiting = Waiting { stream: stream.clone(), columns: columns.clone(), bytes };
        let mut queue = held(&self.queue);
        let ticket = queue.next;
        queue.next += 1;
        queue.waiting.push_back(waiting);
        loop {
            if ticket < queue.settled {
                return queue.failed.remove(&ticket).map_or(Ok(()), |failure| Err(failure.into()));
            }
            queue = if queue.led {
                self.settled.wait(queue).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.lead(queue)
            };
        }
    }

    /// Writes a group of those that wait, and lets them know.
    fn lead<'q>(&'q self, mut queue: MutexGuard<'q, Queue>) -> MutexGuard<'q, Queue> {
        let count = queue.group();
        let group: Vec<Waiting> = queue.waiting.drain(..count).collect();
        queue.led = true;
        drop(queue);
        let written = self.write(group);
        let mut queue = held(&self.queue);
        queue.led = false;
        let tickets = queue.settled..queue.settled + count as u64;
        queue.settled = tickets.end;
        if let Err(failure) = written {
            queue.failed.extend(tickets.map(|ticket| (ticket, failure.clone())));
        }
        self.settled.notify_all();
        queue
    }

    /// Makes a group durable, then readable.
    fn write(&self, group: Vec<Waiting>) -> Result<(), Failure> {
        let mut segment = held(&self.segment);
        let bodies: Vec<&[u8]> = group.iter().map(|waiting| waiting.bytes.as_slice()).collect();
        segment.append(&bodies).map_err(|error| Failure::of(error, &self.root))?;
        self.bytes.store(segment.bytes(), Ordering::Relaxed);
        let mut memory = self.memory();
        group.into_iter().for_each(|waiting| memory.add(&waiting.stream, waiting.columns));
        Ok(())
    }

    /// Lets a new segment go on, if there is anything in the live one.
    pub(crate) fn rotate(&self) -> Result<(), LakeError> {
        let mut segment = held(&self.segment);
        if self.memory().is_fresh() {
            return Ok(());
        }
        let (next, ..) = Segment::open(&self.root, segment.number() + 1, &self.disk)?;
        self.memory().rotate(next.number());
        self.bytes.store(next.bytes(), Ordering::Relaxed);
        *segment = next;
        Ok(())
    }

    /// Removes a segment whose rows are in Parquet.
    pub(crate) fn remove(&self, number: u64) -> Result<(), LakeError> {
        segment::remove(&self.root, number, &self.disk)?;
        self.memory().forget(number);
        Ok(())
    }
}
