//! Admission: may this stream take observations now? Decided once a batch, by the plan.

use std::sync::Arc;

use model::{Device, DeviceId, StreamId, Timestamp};
use norms::{CollectFast, Decision};
use register::{Register, State, devices};

use crate::orders::Orders;
use crate::plans::{Plans, StreamReady};

/// Why a stream takes nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// No plan: the stream is in no deployment, or there are no policies.
    #[error("there is no stream `{0}` in the register; nothing is taken that is not registered")]
    NoPlan(StreamId),
    /// The norms forbid it now.
    #[error("stream `{stream}` takes nothing: {refusal}")]
    Norms {
        /// Which stream.
        stream: StreamId,
        /// Which norms, in words.
        refusal: norms::Refusal,
    },
    /// The norms shut the device out for how it stands.
    #[error("device `{device}` is shut out: {refusal}")]
    Device {
        /// Which device.
        device: DeviceId,
        /// Which norms, in words.
        refusal: norms::Refusal,
    },
    /// The order's list, or the list of those who opted out, cannot be used.
    #[error("stream `{stream}` takes nothing: {reason}")]
    List {
        /// Which stream.
        stream: StreamId,
        /// What is wrong.
        reason: String,
    },
}

/// A stream that may take observations at one instant. Only `admit` makes one.
pub struct Admitted {
    ready: Arc<StreamReady>,
    at: Timestamp,
}

impl Admitted {
    pub(crate) fn ready(&self) -> &StreamReady {
        &self.ready
    }
    /// When it was decided.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

/// Whether a device may send now: a norm can shut it out for how it stands, for instance past its support.
pub(crate) fn may_send(register: &Register, state: &State, device: &Device) -> Result<(), Refused> {
    let refusal = register.bundle().and_then(|bundle| devices::shut_out(state, &bundle, device, register.now()));
    refusal.map_or(Ok(()), |refusal| Err(Refused::Device { device: device.id.clone(), refusal }))
}

/// Decides whether a stream may take observations now.
pub(crate) fn admit(
    plans: &Plans,
    state: &State,
    orders: &Orders,
    stream: &StreamId,
    now: Timestamp,
) -> Result<Admitted, Refused> {
    let ready = plans.stream(stream).ok_or_else(|| Refused::NoPlan(stream.clone()))?;
    if let Decision::Refused(refusal) = ready.plan.decide(&CollectFast { now }) {
        return Err(Refused::Norms { stream: stream.clone(), refusal });
    }
    let unusable = ready.list.as_ref().and_then(|list| list.as_ref().err().cloned());
    let unusable = unusable.or_else(|| ready.opt_out.as_ref().and_then(|list| list.as_ref().err().cloned()));
    // What is in memory may be compared with only while its order, its payload and its key are there.
    let gone = || ready.gone(state, orders, now).map(|error| error.to_string());
    if let Some(reason) = unusable.or_else(gone) {
        return Err(Refused::List { stream: stream.clone(), reason });
    }
    Ok(Admitted { ready: Arc::clone(ready), at: now })
}
