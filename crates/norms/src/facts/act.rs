//! Acts of government as Cedar sees them.

use model::{DeploymentRecord, Evidence, GrantRecord, Party, PartyId, PartyKind, Subject, Timestamp};

use super::deployment::{proposal, standing};
use super::question::{ActQuestion, ActSubject};
use super::share::{Share, shown};
use super::stand::sensor;
use super::{Asker, Attributes, Fact, Gathered, Unaskable, seconds};

impl ActQuestion<'_> {
    pub(crate) fn gathered(&self, now: Timestamp) -> Result<Gathered, Unaskable> {
        let mut fast = vec![("now", Fact::Long(seconds(now)))];
        let thing = |id: &str| (id.to_owned(), Attributes::default());
        let (id, attributes) = match self.subject {
            ActSubject::Party(party) => (party.id.to_string(), Attributes::default().text("kind", party.kind.code())),
            ActSubject::PartyCredential(party) => {
                let officer = party.kind == PartyKind::Officer;
                let attributes = credential(party.id == self.actor.id, officer, false, &party.id);
                (format!("party/{}", party.id), attributes)
            }
            ActSubject::DeviceCredential { device, record } => {
                // A device of another deployment is nobody's here.
                if device.deployment != record.deployment.id {
                    return Err(Unaskable);
                }
                let attributes = credential(false, false, true, &record.deployment.accountable);
                (format!("device/{}", device.id), attributes)
            }
            ActSubject::Place(place) => thing(place.id.as_str()),
            ActSubject::Device { device, record, within_place } => {
                (device.id.to_string(), sensor(device, record, within_place, self.around)?)
            }
            ActSubject::Order(order) => thing(order.id.as_str()),
            ActSubject::Policy => thing("policy"),
            ActSubject::Payload => thing("payload"),
            ActSubject::Evidence { evidence, record } => {
                (evidence.id.to_string(), filing(evidence, record, self.actor))
            }
            ActSubject::Withdrawal(evidence) => thing(evidence.id.as_str()),
            ActSubject::Class(class) => thing(class.id.as_str()),
            ActSubject::GrantRecord(record) => thing(record.grant.id.as_str()),
            ActSubject::Proposal(deployment) => {
                (deployment.id.to_string(), proposal(deployment, self.actor, self.around))
            }
            ActSubject::Deployment(record) | ActSubject::Assessment { record, .. } => {
                (record.deployment.id.to_string(), standing(record, self.around))
            }
            ActSubject::Approval { record, until } => {
                let days = i64::from(until.since(now).as_seconds().div_ceil(model::time::SECONDS_PER_DAY));
                fast.extend([("until", Fact::Long(seconds(until))), ("spanDays", Fact::Long(days))]);
                (record.deployment.id.to_string(), standing(record, self.around))
            }
            ActSubject::View { view, record, stream } => {
                (view.id.to_string(), shown(view, record, stream, self.around))
            }
            ActSubject::Grant { grant, view, record, stream, recipient, order } => {
                let record_of = GrantRecord { grant: grant.clone(), since: now, ended: None };
                let share = Share {
                    recipient,
                    grant: Some(&record_of),
                    view,
                    record,
                    stream,
                    order,
                    purpose: grant.purpose,
                    around: self.around,
                };
                (grant.id.to_string(), share.attributes())
            }
        };
        let asker = Asker { party: self.actor, founder: self.founder };
        Ok(Gathered::new(asker, self.verb.action(), (self.subject.kind(), id), attributes, fast))
    }
}

/// A token: whether the asker's own, whether an officer's, whether a device's, and who answers for whoever bears it.
fn credential(own: bool, of_officer: bool, of_device: bool, accountable: &PartyId) -> Attributes {
    Attributes::default()
        .truth("own", own)
        .truth("ofOfficer", of_officer)
        .truth("ofDevice", of_device)
        .party("accountable", accountable)
}

/// A statement: of which kind, about what, and whether whoever files it proposed or answers for what it is about.
fn filing(evidence: &Evidence, record: Option<&DeploymentRecord>, actor: &Party) -> Attributes {
    let about = match evidence.about {
        Subject::City => "city",
        Subject::Deployment { .. } => "deployment",
        Subject::Device { .. } => "device",
    };
    let own = record
        .is_some_and(|record| record.deployment.accountable == actor.id || record.standing.proposed_by == actor.id);
    Attributes::default().text("kind", evidence.kind.as_str()).text("about", about).truth("own", own)
}
