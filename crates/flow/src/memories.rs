//! The streams that are worked out in memory: their tags never touch a disk, and what is lost with the process stays lost.
//!
//! A batch for such a stream is acknowledged when it is in memory. What a crash or a restart takes is a gap by design: the
//! bins that were open are never stored, rather than too low. What is stored, when a bin is over, are numbers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lake::LakeError;
use model::{Entropy, StreamId, Timestamp};
use privacy::memory::{Full, MemoryKeys};
use privacy::{EpochKey, Memory, Sightings, Work};
use register::State;
use zeroize::Zeroizing;

use crate::admit::Admitted;
use crate::city::City;
use crate::ingest::{CLOCK_SKEW_MAX, IngestError};

/// The lateness that a bin waits for before it is over.
pub(crate) const GRACE: model::Span = model::Span::minutes(1);

/// The memories of all streams that have one.
pub(crate) struct Memories {
    /// Since when this process hears everything.
    since: Timestamp,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    memories: BTreeMap<StreamId, Memory>,
    /// Since when a stream is heard again that was not heard for a while.
    interrupted: BTreeMap<StreamId, Timestamp>,
    /// Up to when the disk has the bins of a stream that are over.
    settled: BTreeMap<StreamId, Timestamp>,
}

impl Held {
    /// Since when everything of a stream is heard.
    fn since(&self, stream: &StreamId, process: Timestamp) -> Timestamp {
        let heard = self.memories.get(stream).map(Memory::since);
        heard.or_else(|| self.interrupted.get(stream).copied()).unwrap_or(process)
    }
}

impl Memories {
    pub(crate) fn new(since: Timestamp) -> Self {
        Self { since, held: Mutex::default() }
    }

    /// The keys for a batch of a stream whose values are worked out in memory; makes the memory if there is none yet.
    pub(crate) fn keys(
        &self,
        admitted: &Admitted,
        work: &Work,
        entropy: &dyn Entropy,
    ) -> Result<MemoryKeys, IngestError> {
        let (stream, now) = (&admitted.ready().stream.id, admitted.at());
        let mut held = self.held();
        if !held.memories.get(stream).is_some_and(|memory| memory.does(work)) {
            // Of one that did other work nothing can go on.
            let other = held.memories.contains_key(stream);
            let since = if other { now } else { held.since(stream, self.since) };
            let key = EpochKey::new(*Zeroizing::new(entropy.bytes32()?));
            let mut memory = Memory::new(work, key, since);
            memory.advance(now - GRACE);
            held.memories.insert(stream.clone(), memory);
        }
        let memory = held.memories.get(stream).ok_or(IngestError::Memory(Full))?;
        Ok(memory.keys(now + CLOCK_SKEW_MAX))
    }

    /// From when on bins of a stream were heard whole by this process; none until the disk has taken what there was up to the
    /// end of the bins that are over. Neither depends on whether anything was sent, and so tells of nobody.
    pub(crate) fn heard(&self, stream: &StreamId, work: &Work, closed: Timestamp) -> Option<Timestamp> {
        let held = self.held();
        let settled = held.settled.get(stream).is_some_and(|settled| *settled >= closed);
        settled.then(|| work.whole(held.since(stream, self.since)))
    }

    /// Notes that a stream was not heard for a while: refused, or more was sent than memory holds. Its open bins are a gap.
    pub(crate) fn interrupted(&self, stream: &StreamId, now: Timestamp) {
        let mut held = self.held();
        held.memories.remove(stream);
        held.interrupted.insert(stream.clone(), now);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works in what is due, as if the disk then failed.
    #[cfg(test)]
    pub(crate) fn advance_all(&self, now: Timestamp) {
        self.held().memories.values_mut().for_each(|memory| memory.advance(now - GRACE));
    }

    /// Takes the sightings of a batch in; gives how many came too late to count. What is refused for want of room is a gap.
    pub(crate) fn take(&self, stream: &StreamId, sightings: &Sightings, now: Timestamp) -> Result<u64, Full> {
        let taken = self.held().memories.get_mut(stream).map_or(Ok(0), |memory| memory.take(sightings));
        taken.inspect_err(|Full| self.interrupted(stream, now))
    }
}

impl City {
    /// Stores the numbers of every bin that is over, of every stream that is worked out in memory: also that there are none,
    /// or a disk that fails would tell when somebody came. What cannot be stored is tried again at the next tick. Of a stream
    /// that may not collect now, what was open is a gap.
    pub(crate) fn settle(&self, state: &State, now: Timestamp) -> Result<(), LakeError> {
        let mut settled = Ok(());
        let streams = state.deployments.values().flat_map(|record| &record.deployment.streams);
        for (stream, work) in streams.filter_map(|stream| Some((&stream.id, Work::of(stream)?))) {
            if self.admitted(stream).is_err() {
                self.memories.interrupted(stream, now);
            }
            let mut held = self.memories.held();
            // Whoever can become nothing any more is forgotten at every tick, and not when a bin is over.
            if let Some(memory) = held.memories.get_mut(stream) {
                memory.advance(now - GRACE);
            }
            let closed = work.closed(now - GRACE);
            if held.settled.get(stream).is_some_and(|settled| *settled >= closed) {
                continue;
            }
            let stored = match held.memories.get_mut(stream) {
                Some(memory) => self.lake.append_also_nothing(stream, &memory.ready()).map(|()| memory.stored()),
                None => self.lake.append_also_nothing(stream, &privacy::memory::nothing()),
            };
            match stored {
                Ok(()) => drop(held.settled.insert(stream.clone(), closed)),
                Err(error) => settled = Err(error),
            }
        }
        settled
    }
}
