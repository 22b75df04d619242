//! The streams that are worked out in memory: their tags never touch a disk, and what is lost with the process stays lost.
//!
//! A batch for such a stream is acknowledged when it is in memory. What a crash or a restart takes is a gap by design: the
//! bins that were open are never stored, rather than too low. What is stored, when a bin is over, are numbers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use lake::LakeError;
use model::{Entropy, StreamId, Timestamp};
use privacy::memory::{Full, MemoryKeys};
use privacy::{EpochKey, Memory, Sightings, Work};
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
    held: Mutex<BTreeMap<StreamId, Memory>>,
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
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.get(stream).is_some_and(|memory| memory.does(work)) {
            // Of one that did other work nothing can go on.
            let since = if held.contains_key(stream) { now } else { self.since };
            let key = EpochKey::new(*Zeroizing::new(entropy.bytes32()?));
            let mut memory = Memory::new(work, key, since);
            memory.advance(now - GRACE);
            held.insert(stream.clone(), memory);
        }
        let memory = held.get(stream).ok_or(IngestError::Memory(Full))?;
        Ok(memory.keys(now + CLOCK_SKEW_MAX))
    }

    /// From when on bins of a stream were heard whole by this process; none while numbers of bins that are over wait for the
    /// disk. It does not depend on whether anything was sent, and so tells of nobody.
    pub(crate) fn heard(&self, stream: &StreamId, work: &Work) -> Option<Timestamp> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get(stream) {
            Some(memory) if !memory.ready().get().is_empty() => None,
            Some(memory) => Some(work.whole(memory.since())),
            None => Some(work.whole(self.since)),
        }
    }

    /// Works in what is due, as if the disk then failed.
    #[cfg(test)]
    pub(crate) fn advance_all(&self, now: Timestamp) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.values_mut().for_each(|memory| memory.advance(now - GRACE));
    }

    /// Takes the sightings of a batch in; gives how many came too late to count.
    pub(crate) fn take(&self, stream: &StreamId, sightings: &Sightings) -> Result<u64, Full> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get_mut(stream).map_or(Ok(0), |memory| memory.take(sightings))
    }
}

impl City {
    /// Stores the numbers of every bin that is over. What cannot be stored is tried again at the next tick.
    pub(crate) fn settle(&self, now: Timestamp) -> Result<(), LakeError> {
        let mut held = self.memories.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut settled = Ok(());
        for (stream, memory) in held.iter_mut() {
            memory.advance(now - GRACE);
            let ready = memory.ready();
            if ready.get().is_empty() {
                continue;
            }
            match self.lake.append(stream, &ready) {
                Ok(_) => memory.stored(),
                Err(error) => settled = Err(error),
            }
        }
        settled
    }
}
