//! One batch on its way through admit, treat and store.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use model::{DeviceId, Epoch, EpochLength, RefusedFor, Span, StreamId, Timestamp};
use privacy::memory::MemoryKeys;
use privacy::{EpochKey, EpochKeys, Fate, RawObservation, RawValue, Sightings, TreatError, Treated, Treating};

use super::CLOCK_SKEW_MAX;
use super::fault::Fault;
use crate::admit::Admitted;
use crate::keys::{KeyError, destroyed_at};

/// Why one observation is not taken. Made of this software's words and the register's names, never of what was sent; so
/// there are only so many of them, and rows can be counted by them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum RowError {
    /// It cannot be read.
    #[error(transparent)]
    Malformed(#[from] Fault),
    /// It names no device, or one that is not registered for the stream.
    #[error("its device is not registered for this stream")]
    UnknownDevice,
    /// It names another device than the token's.
    #[error("it names another device than the one whose token was sent")]
    OtherDevice,
    /// It is ahead of the city's clock.
    #[error("its time is more than {CLOCK_SKEW_MAX} ahead of the city's clock; set the device's clock right")]
    FromTheFuture,
    /// It is older than anything that may be kept.
    #[error("it is older than the stream's retention, so it may not be kept")]
    TooOld,
    /// It was observed before the deployment began.
    #[error("it was observed before the deployment began")]
    BeforeStart,
    /// A property does not fit.
    #[error("{0}")]
    Treatment(String),
}

impl RowError {
    /// Under which reason it is counted.
    #[must_use]
    pub const fn class(&self) -> RefusedFor {
        match self {
            Self::Malformed(Fault::NotJson | Fault::Kind(_)) => RefusedFor::Unreadable,
            Self::Malformed(_)
            | Self::UnknownDevice
            | Self::OtherDevice
            | Self::FromTheFuture
            | Self::TooOld
            | Self::BeforeStart
            | Self::Treatment(_) => RefusedFor::Unfit,
        }
    }
}

impl From<TreatError> for RowError {
    fn from(error: TreatError) -> Self {
        Self::Treatment(error.to_string())
    }
}

/// The times that a stream takes at an instant.
#[derive(Debug, Clone, Copy)]
struct Takes {
    oldest: Timestamp,
    start: Timestamp,
    newest: Timestamp,
}

/// Gives the key of the epoch that holds an instant.
pub(crate) type KeySource<'a> = dyn Fn(EpochLength, Timestamp) -> Result<(Epoch, Arc<EpochKey>), KeyError> + 'a;

/// The keys of a batch: those of the epochs that it came in are there at once; those of epochs that are over and whose key
/// still lives are looked up when the first of their observations comes.
struct BatchKeys<'a> {
    stream: &'a StreamId,
    lengths: Vec<EpochLength>,
    now: Timestamp,
    /// What is older may need a further key.
    covered: Timestamp,
    asked: Vec<Epoch>,
    source: &'a KeySource<'a>,
    failed: Option<KeyError>,
}

impl<'a> BatchKeys<'a> {
    /// The keys of the epochs that a batch came in.
    fn begin(admitted: &'a Admitted, source: &'a KeySource<'a>) -> Result<(Self, EpochKeys), KeyError> {
        let (stream, now) = (&admitted.ready().stream, admitted.at());
        let mut lengths: Vec<EpochLength> = stream.pseudonyms().map(|(_, length)| length).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let mut keys = EpochKeys::new(&stream.id);
        for &length in &lengths {
            let (epoch, key) = source(length, now)?;
            keys.insert(epoch, key);
        }
        let covered = lengths.iter().map(|length| length.window(now).start).max().unwrap_or(Timestamp::UNIX_EPOCH);
        Ok((Self { stream: &stream.id, lengths, now, covered, asked: Vec::new(), source, failed: None }, keys))
    }

    /// Keys that an older observation needs and the batch does not have yet.
    fn further(&mut self, at: Timestamp) -> Option<EpochKeys> {
        let mut found = None;
        for &length in &self.lengths {
            let epoch = Epoch(length.window(at));
            let over = epoch.0.end <= self.now && destroyed_at(epoch) > self.now;
            if !over || self.asked.contains(&epoch) {
                continue;
            }
            self.asked.push(epoch);
            match (self.source)(length, at) {
                Ok((epoch, key)) => found.get_or_insert_with(|| EpochKeys::new(self.stream)).insert(epoch, key),
                // Its time came meanwhile; the observation is refused for want of a key.
                Err(KeyError::Destroyed { .. }) => {}
                Err(error) => self.failed = Some(error),
            }
        }
        found
    }
}

/// Observations being treated.
pub(crate) struct Batch<'a> {
    treating: Treating<'a>,
    keys: BatchKeys<'a>,
    devices: HashMap<&'a str, u32>,
    takes: Takes,
    admitted: u64,
    late_before: Option<Timestamp>,
    late: u64,
}

impl<'a> Batch<'a> {
    /// Begins a batch for devices of an admitted stream. `late_before` is the end of the last released window; a stream that
    /// is worked out in memory has keys of its own.
    pub(crate) fn begin(
        admitted: &'a Admitted,
        keys: &'a KeySource<'a>,
        devices: &'a [DeviceId],
        late_before: Option<Timestamp>,
        memory: Option<MemoryKeys>,
    ) -> Result<Self, KeyError> {
        let (ready, now) = (admitted.ready(), admitted.at());
        let list = ready.list.as_ref().and_then(|list| list.as_ref().ok());
        let (keys, first) = BatchKeys::begin(admitted, keys)?;
        let opt_out = ready.opt_out.as_ref().and_then(|list| list.as_ref().ok());
        let treating = Treating::new(&ready.recipe, &first, list, devices.to_vec()).leaving_out(opt_out);
        let treating = match memory {
            Some(keys) => treating.for_memory(keys),
            None => treating,
        };
        let retention: Span = ready.stream.retention.0;
        let takes =
            Takes { oldest: now - retention, start: ready.record.deployment.starts, newest: now + CLOCK_SKEW_MAX };
        let numbered = (0_u32..).zip(devices).map(|(number, device)| (device.as_str(), number)).collect();
        Ok(Self { treating, keys, devices: numbered, takes, admitted: 0, late_before, late: 0 })
    }

    /// Takes one observation in.
    pub(crate) fn push(
        &mut self,
        at: Timestamp,
        device: Option<&str>,
        values: &[RawValue<'_>],
    ) -> Result<(), RowError> {
        let device = match device {
            Some(name) => *self.devices.get(name).ok_or(RowError::UnknownDevice)?,
            None if self.devices.len() == 1 => 0,
            None => return Err(RowError::UnknownDevice),
        };
        if at > self.takes.newest {
            return Err(RowError::FromTheFuture);
        }
        if at < self.takes.start {
            return Err(RowError::BeforeStart);
        }
        if at < self.takes.oldest {
            return Err(RowError::TooOld);
        }
        if at < self.keys.covered
            && let Some(keys) = self.keys.further(at)
        {
            self.treating.add_keys(&keys);
        }
        match self.treating.push(&RawObservation { at, device, values })? {
            Fate::Kept | Fate::NoTrace => {}
        }
        self.admitted += 1;
        if self.late_before.is_some_and(|through| at < through) {
            self.late += 1;
        }
        Ok(())
    }

    /// Why a key that the batch needs is not there, although it should be: then none of it is taken, and it may be sent
    /// again.
    pub(crate) const fn key_failure(&mut self) -> Option<KeyError> {
        self.keys.failed.take()
    }

    /// The sightings of a batch that is worked out in memory, and how many observations were admitted.
    pub(crate) fn sightings(self) -> (Sightings, u64) {
        (self.treating.sightings(), self.admitted)
    }

    /// The treated batch, and how many of its observations came late.
    pub(crate) fn finish(self) -> (Treated<privacy::Columns>, u64, u64) {
        (self.treating.finish(), self.admitted, self.late)
    }
}

/// A device's name in an observation must be the token's own.
pub(crate) fn same_device<'n>(name: Option<Cow<'n, str>>, own: &'n DeviceId) -> Result<Cow<'n, str>, RowError> {
    match name {
        Some(name) if name != own.as_str() => Err(RowError::OtherDevice),
        _ => Ok(Cow::Borrowed(own.as_str())),
    }
}
