//! Tokens: who may issue one, and that no two parties or devices ever bear the same.
//!
//! Whoever holds an officer's token acts as that officer, so issuing one is the power of the office itself. It lies with the
//! bearer and with the party that founded the city, whatever the permits say.

use model::act::{DeviceCredentialSet, PartyCredentialIssued};
use model::{DeviceId, Digest, PartyId, PartyKind, What};
use norms::{ActSubject, Verb};

use super::{Desk, Draft, Refusal, known};

impl Desk<'_> {
    /// Gives a party a token.
    pub(super) fn issue_credential(&self, party: &PartyId, credential: Digest) -> Result<Vec<Draft>, Refusal> {
        let record = known(self.state.parties.get(party), "party", party)?;
        self.only(party, || format!("party `{party}`"))?;
        if record.credential == Some(credential) {
            return Ok(Vec::new());
        }
        self.unused(&credential)?;
        let what = What::PartyCredentialIssued(PartyCredentialIssued { party: party.clone(), credential });
        self.unless(false, Verb::IssueCredential, ActSubject::PartyCredential(&record.party), what)
    }

    /// Replaces a device's token, or takes it back.
    pub(super) fn set_credential(&self, id: &DeviceId, credential: Option<Digest>) -> Result<Vec<Draft>, Refusal> {
        let device = known(self.state.devices.get(id), "device", id)?;
        let record = self.deployment(&device.deployment)?;
        self.only(&record.deployment.accountable, || format!("device `{id}`"))?;
        if device.credential == credential {
            return Ok(Vec::new());
        }
        if let Some(credential) = &credential {
            self.unused(credential)?;
        }
        let what = What::DeviceCredentialSet(DeviceCredentialSet { device: id.clone(), credential });
        self.unless(false, Verb::IssueCredential, ActSubject::DeviceCredential { device, record }, what)
    }

    /// A device that is entered with a token gets it under the same conditions as one that gets it later.
    pub(super) fn registers_credential(&self, device: &model::Device, accountable: &PartyId) -> Result<(), Refusal> {
        let Some(credential) = &device.credential else { return Ok(()) };
        self.only(accountable, || format!("device `{}`", device.id))?;
        self.unused(credential)
    }

    /// Officers decide on everybody else, so only the founder makes one.
    pub(super) fn may_register(&self, kind: PartyKind) -> Result<(), Refusal> {
        match self.state.founder() {
            Some(founder) if kind == PartyKind::Officer && founder != &self.actor.id => {
                Err(Refusal::OnlyTheFounder { what: "enter an officer", founder: founder.to_string() })
            }
            _ => Ok(()),
        }
    }

    /// Only this party, and the city's founder.
    fn only(&self, who: &PartyId, whose: impl FnOnce() -> String) -> Result<(), Refusal> {
        let founder = self.state.founder().filter(|founder| *founder != who);
        if who == &self.actor.id || founder == Some(&self.actor.id) {
            return Ok(());
        }
        let who: Vec<String> = [who].into_iter().chain(founder).map(|party| format!("`{party}`")).collect();
        Err(Refusal::NotTheIssuer { whose: whose(), who: who.join(" or ") })
    }

    /// A token that somebody bears already would make two bearers one.
    fn unused(&self, credential: &Digest) -> Result<(), Refusal> {
        if self.state.is_borne(credential) { Err(Refusal::TokenInUse) } else { Ok(()) }
    }
}
