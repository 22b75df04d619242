//! Devices as the norms see them while they stand in the register: what is against one, and whether it is shut out for that.
//!
//! Most norms about devices only show what is missing. Those whose requirement says that the flow stops shut out the device itself,
//! and nothing else of its stream.

use model::{DeploymentRecord, Device, Party, Timestamp};
use norms::{Bundle, Circumstances, Ground, Refusal, StandQuestion, StandSubject};

use crate::circumstances::{is_within_place, of_device};
use crate::state::State;

/// What is asked about a device, from what the register holds.
struct Known<'a> {
    device: &'a Device,
    record: &'a DeploymentRecord,
    accountable: &'a Party,
    around: Circumstances,
}

impl<'a> Known<'a> {
    /// None for a device of nothing, from which nothing is taken anyway.
    fn of(state: &'a State, device: &'a Device, now: Timestamp) -> Option<Self> {
        let record = state.deployments.get(&device.deployment)?;
        let accountable = &state.parties.get(&record.deployment.accountable)?.party;
        Some(Self { device, record, accountable, around: of_device(state, device, now) })
    }

    fn ask<T>(&self, state: &State, ask: impl FnOnce(&StandQuestion<'_>) -> T) -> T {
        let (device, record) = (self.device, self.record);
        let within_place = is_within_place(state, device, record);
        let subject = StandSubject::Device { device, record, within_place };
        let founder = state.founder();
        ask(&StandQuestion { accountable: self.accountable, subject, founder, around: &self.around })
    }
}

/// The norms that stand against a device as it is.
#[must_use]
pub fn against(state: &State, bundle: &Bundle, device: &Device, now: Timestamp) -> Vec<Ground> {
    let Some(known) = Known::of(state, device, now) else { return Vec::new() };
    known.ask(state, |question| {
        let said = bundle.object_to_stand(question, now);
        let grounds = said.iter().flat_map(|said| {
            said.against.iter().filter_map(|objection| said.norms.grounds().get(objection.place).cloned())
        });
        grounds.collect()
    })
}

/// The norms that shut a device out at an instant; none while it may send.
#[must_use]
pub fn shut_out(state: &State, bundle: &Bundle, device: &Device, now: Timestamp) -> Option<Refusal> {
    if !bundle.shuts_devices_out() {
        return None;
    }
    Known::of(state, device, now)?.ask(state, |question| bundle.shut_out(question, now))
}
