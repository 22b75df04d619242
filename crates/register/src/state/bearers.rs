//! Who bears which token, by its SHA-256: every request asks, and nobody should look through the whole city for it.

use std::collections::BTreeMap;

use model::{DeviceId, Digest, PartyId};

/// The bearers of the tokens that count now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bearers {
    parties: BTreeMap<Digest, PartyId>,
    devices: BTreeMap<Digest, DeviceId>,
}

impl Bearers {
    /// A party got a token in the place of another.
    pub(super) fn party(&mut self, id: &PartyId, before: Option<Digest>, now: Digest) {
        changed(&mut self.parties, id, before, Some(now));
    }

    /// A device got a token, or lost its own.
    pub(super) fn device(&mut self, id: &DeviceId, before: Option<Digest>, now: Option<Digest>) {
        changed(&mut self.devices, id, before, now);
    }

    /// The party that bears a token.
    pub(super) fn party_with(&self, credential: &Digest) -> Option<&PartyId> {
        self.parties.get(credential)
    }

    /// The device that bears a token.
    pub(super) fn device_with(&self, credential: &Digest) -> Option<&DeviceId> {
        self.devices.get(credential)
    }
}

fn changed<I: Clone + PartialEq>(
    bearers: &mut BTreeMap<Digest, I>,
    id: &I,
    before: Option<Digest>,
    now: Option<Digest>,
) {
    if let Some(before) = before.filter(|before| bearers.get(before) == Some(id)) {
        bearers.remove(&before);
    }
    if let Some(now) = now {
        bearers.insert(now, id.clone());
    }
}
