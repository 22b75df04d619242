//! What stands in the register as Cedar sees it.

use model::{DeploymentRecord, Device, DutyId, Timestamp};

use super::deployment::{evidence, standing};
use super::question::{CityFacts, StandQuestion, StandSubject};
use super::{Asker, Attributes, Circumstances, Fact, Gathered, Unaskable, seconds};

impl StandQuestion<'_> {
    pub(crate) fn gathered(&self, now: Timestamp) -> Result<Gathered, Unaskable> {
        let (id, attributes) = match self.subject {
            StandSubject::Deployment(record) => (record.deployment.id.to_string(), standing(record, self.around)),
            StandSubject::City(facts) => ("city".to_owned(), city(facts, self.around)),
            StandSubject::Device { device, record, within_place } => {
                (device.id.to_string(), sensor(device, record, within_place, self.around)?)
            }
        };
        let asker = Asker { party: self.accountable, founder: self.founder };
        let context = vec![("now", Fact::Long(seconds(now)))];
        Ok(Gathered::new(asker, "stand", (self.subject.kind(), id), attributes, context))
    }
}

/// The city as a whole.
fn city(facts: &CityFacts, around: &Circumstances) -> Attributes {
    evidence(Attributes::default(), around)
        .texts("overdue", around.overdue.iter().map(DutyId::as_str))
        .texts("silences", around.silences.iter().map(DutyId::as_str))
        .long("deployments", i64::from(facts.deployments))
        .long("personalDeployments", i64::from(facts.personal_deployments))
        .long("openViews", i64::from(facts.open_views))
        .tags(around)
}

/// A device. 0 stands for no end of support that anybody stated.
pub(super) fn sensor(
    device: &Device,
    record: &DeploymentRecord,
    within_place: bool,
    around: &Circumstances,
) -> Result<Attributes, Unaskable> {
    // A device of another deployment is nobody's here.
    if device.deployment != record.deployment.id {
        return Err(Unaskable);
    }
    Ok(evidence(Attributes::default(), around)
        .party("accountable", &record.deployment.accountable)
        .text("deploymentState", record.standing.state.code())
        .long("supportUntil", device.support_until.map_or(0, seconds))
        .truth("withinPlace", within_place))
}
