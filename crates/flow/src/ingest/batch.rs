//! One batch on its way through admit, treat and store.

use std::borrow::Cow;
use std::collections::HashMap;

use model::{DeviceId, Span, Timestamp};
use privacy::{EpochKeys, Fate, RawObservation, RawValue, TreatError, Treated, Treating};

use super::{CLOCK_SKEW_MAX, table::BadCell};
use crate::admit::Admitted;

/// Why one observation is not taken. Says which property, never its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum RowError {
    /// It cannot be read.
    #[error("{0}")]
    Malformed(String),
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

impl From<TreatError> for RowError {
    fn from(error: TreatError) -> Self {
        Self::Treatment(error.to_string())
    }
}
impl From<BadCell> for RowError {
    fn from(error: BadCell) -> Self {
        Self::Malformed(error.to_string())
    }
}
impl From<serde_json::Error> for RowError {
    fn from(error: serde_json::Error) -> Self {
        // serde_json's own errors name positions, ours name properties; neither holds a value.
        Self::Malformed(error.to_string())
    }
}

/// The times that a stream takes at an instant.
#[derive(Debug, Clone, Copy)]
struct Takes {
    oldest: Timestamp,
    start: Timestamp,
    newest: Timestamp,
}

/// Observations being treated.
pub(crate) struct Batch<'a> {
    treating: Treating<'a>,
    devices: HashMap<&'a str, u32>,
    takes: Takes,
    admitted: u64,
    late_before: Option<Timestamp>,
    late: u64,
}

impl<'a> Batch<'a> {
    /// Begins a batch for devices of an admitted stream. `late_before` is the end of the last released window.
    pub(crate) fn begin(
        admitted: &'a Admitted,
        keys: &'a EpochKeys,
        devices: &'a [DeviceId],
        late_before: Option<Timestamp>,
    ) -> Self {
        let (ready, now) = (admitted.ready(), admitted.at());
        let list = ready.list.as_ref().and_then(|list| list.as_ref().ok());
        let treating = Treating::new(&ready.recipe, keys, list, devices.to_vec());
        let retention: Span = ready.stream.retention.0;
        let takes =
            Takes { oldest: now - retention, start: ready.record.deployment.starts, newest: now + CLOCK_SKEW_MAX };
        let numbered = (0_u32..).zip(devices).map(|(number, device)| (device.as_str(), number)).collect();
        Self { treating, devices: numbered, takes, admitted: 0, late_before, late: 0 }
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
        match self.treating.push(&RawObservation { at, device, values })? {
            Fate::Kept | Fate::NoTrace => {}
        }
        self.admitted += 1;
        if self.late_before.is_some_and(|through| at < through) {
            self.late += 1;
        }
        Ok(())
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
