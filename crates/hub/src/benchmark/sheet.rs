//! The fold of one city's log to what benchmarks ask about. It takes one act after the other and can be kept between them.
//!
//! It is narrower than the register: it holds what a measure needs and no words. Where an act cannot be read, or cannot follow, it
//! stops there for good and says so, and the city counts as missing: half a register would be a wrong number.

use std::collections::{BTreeMap, BTreeSet};

use model::act::{DeploymentRef, DisclosuresBatched, EvidenceRef, GrantRef, PolicyAdopted, PolicyAdoptedFrom};
use model::inquiry::InquiryReceived;
use model::policy::PolicyText;
use model::{
    Act, Assessment, Deployment, DeploymentId, Device, DeviceId, Evidence, EvidenceId, EvidenceKind, Grant, GrantId,
    PartyId, PartyKind, Purpose, State as Stage, Step, StreamId, Subject, Tier, Timestamp, ViewId, What,
};
use serde::{Deserialize, Serialize};
use tlog::Vkey;
use tlog::audit::{AuditError, Auditor, LogSource};

/// The most things that are folded of one city: deployments, devices, views, grants and statements together.
pub const THINGS_MAX: usize = 100_000;
/// The most bytes that one city's sheet has as it is kept: half of what the shelf takes, so that no city fails there.
pub const SHEET_BYTES_MAX: u64 = (journal::shelf::HEAD_BYTES_MAX / 2) as u64;
/// What a deployment grows by at most after it was entered, in bytes: its stage, and the entries and instants of its steps.
const STEPS_BYTES_MAX: u64 = 160;
/// Marks of quotation, colon and comma around a thing and its name, in bytes.
const MARKS_BYTES: u64 = 8;

/// Where a fold stopped, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stopped {
    /// The entry that was not folded in.
    pub entry: u64,
    /// Why, in words.
    pub why: String,
}

/// What is asked about a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Site {
    /// Whether it observes people.
    pub(super) people: bool,
    pub(super) proposer: PartyId,
    pub(super) accountable: PartyId,
    pub(super) proposed: Timestamp,
    pub(super) state: Stage,
    /// The first assessment by another party.
    pub(super) assessed: Option<u64>,
    /// Until when the newest assessment is to be reviewed.
    pub(super) review_by: Option<Timestamp>,
    pub(super) approved: Option<(u64, Timestamp)>,
    /// When it was first let collect.
    pub(super) begun: Option<u64>,
}

/// What is asked about a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sensor {
    pub(super) deployment: DeploymentId,
    pub(super) support_until: Option<Timestamp>,
}

/// What is asked about a grant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Share {
    pub(super) recipient: PartyId,
    pub(super) stream: StreamId,
    pub(super) view: ViewId,
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    pub(super) ended: bool,
}

/// What is asked about a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statement {
    pub(super) about: Subject,
    pub(super) kind: EvidenceKind,
    pub(super) filed: Timestamp,
    pub(super) until: Option<Timestamp>,
    pub(super) answers: Option<EvidenceId>,
    pub(super) ended: bool,
    /// Whether a resident asked it.
    pub(super) inquiry: bool,
}

impl Statement {
    pub(super) fn stands(&self, now: Timestamp) -> bool {
        !self.ended && self.filed <= now && self.until.is_none_or(|until| now < until)
    }
}

/// One city's log, folded for benchmarks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// How many entries are folded in.
    pub size: u64,
    /// The city's name.
    pub name: Option<String>,
    /// When the last act happened.
    pub last_at: Option<Timestamp>,
    /// Where the fold stopped, if it did.
    pub stopped: Option<Stopped>,
    /// How many bytes its things have at most as they are kept. What was kept before they were counted begins at none.
    #[serde(default)]
    bytes: u64,
    /// Parties that are everybody.
    pub(super) public: BTreeSet<PartyId>,
    pub(super) sites: BTreeMap<DeploymentId, Site>,
    pub(super) sensors: BTreeMap<DeviceId, Sensor>,
    pub(super) shares: BTreeMap<GrantId, Share>,
    pub(super) statements: BTreeMap<EvidenceId, Statement>,
    /// Requirements that a norm or duty in force names.
    pub(super) requirements: BTreeSet<String>,
    /// Disclosures by purpose.
    pub(super) purposes: BTreeMap<Purpose, u64>,
}

impl Sheet {
    /// The sheet of a whole log, which is verified to its last hash.
    ///
    /// # Errors
    /// The log does not hold together.
    pub fn of_log(source: &dyn LogSource, key: Vkey) -> Result<Self, AuditError> {
        let mut sheet = Self::default();
        Auditor::new(key).run(&source, |_, entry| sheet.take(entry))?;
        Ok(sheet)
    }

    /// Takes the next entry of the log.
    pub fn take(&mut self, entry: &[u8]) {
        if self.stopped.is_some() {
            return;
        }
        let taken = Act::from_bytes(entry).map_err(|error| error.to_string()).and_then(|act| self.act(&act));
        match taken {
            Ok(()) => self.size += 1,
            Err(why) => {
                // What was folded so far is a part of something: it answers nothing, and must not take up room.
                let why = why.chars().take(300).collect();
                let stopped = Some(Stopped { entry: self.size, why });
                *self =
                    Self { size: self.size, name: self.name.take(), last_at: self.last_at, stopped, ..Self::default() };
            }
        }
    }

    fn act(&mut self, act: &Act) -> Result<(), String> {
        if (self.size == 0) != matches!(act.what, What::CityFounded(_)) {
            return Err("the first entry, and only the first, founds the city".to_owned());
        }
        if self.last_at.is_some_and(|last| act.at < last) {
            return Err("it is earlier than the entry before it".to_owned());
        }
        self.what(act)?;
        self.last_at = Some(act.at);
        let things = self.sites.len() + self.sensors.len() + self.shares.len() + self.statements.len();
        if things + self.public.len() > THINGS_MAX {
            return Err(format!("it has more than {THINGS_MAX} things, which is more than is folded of one city"));
        }
        if self.bytes > SHEET_BYTES_MAX {
            return Err(format!(
                "its things have more than {SHEET_BYTES_MAX} bytes, which is more than is kept of one city"
            ));
        }
        Ok(())
    }

    /// Counts what is entered, before it is.
    fn counts(&mut self, id: &str, thing: &impl Serialize) {
        self.bytes =
            self.bytes.saturating_add(bytes_of(&id)).saturating_add(bytes_of(thing)).saturating_add(MARKS_BYTES);
    }

    fn what(&mut self, act: &Act) -> Result<(), String> {
        match &act.what {
            What::CityFounded(founded) => self.name = Some(founded.name.chars().take(200).collect()),
            What::PartyRegistered(registered) if registered.party.kind == PartyKind::Public => {
                self.counts(registered.party.id.as_str(), &());
                self.public.insert(registered.party.id.clone());
            }
            What::PolicyAdopted(PolicyAdopted { text, .. })
            | What::PolicyAdoptedFrom(PolicyAdoptedFrom { text, .. }) => self.adopt(text),
            What::DeploymentProposed(deployment) => self.propose(deployment, act)?,
            What::AssessmentSigned(assessment) | What::AssessmentTiered(assessment) => self.assess(assessment)?,
            What::DeploymentApproved(approved) => {
                let (entry, at) = (self.size, act.at);
                self.step(&approved.deployment, Step::Approve)?.approved.get_or_insert((entry, at));
            }
            What::DeploymentPublished(DeploymentRef { deployment }) => drop(self.step(deployment, Step::Publish)?),
            What::DeploymentActivated(DeploymentRef { deployment }) => {
                let entry = self.size;
                self.step(deployment, Step::Activate)?.begun.get_or_insert(entry);
            }
            What::DeploymentSuspended(DeploymentRef { deployment })
            | What::ApprovalLapsed(DeploymentRef { deployment }) => drop(self.step(deployment, Step::Suspend)?),
            What::DeploymentEnded(DeploymentRef { deployment }) => drop(self.step(deployment, Step::End)?),
            What::DeviceRegistered(device) => self.enter(device)?,
            What::GrantAgreed(grant) => self.agree(grant, act.at)?,
            What::GrantWithdrawn(GrantRef { grant }) | What::GrantExpired(GrantRef { grant }) => {
                self.shares.get_mut(grant).ok_or_else(|| unknown("grant", grant))?.ended = true;
            }
            What::EvidenceFiled(evidence) => self.state(evidence, act.at, false)?,
            What::InquiryReceived(InquiryReceived { evidence, .. }) => self.state(evidence, act.at, true)?,
            What::EvidenceWithdrawn(EvidenceRef { evidence }) | What::EvidenceLapsed(EvidenceRef { evidence }) => {
                self.statements.get_mut(evidence).ok_or_else(|| unknown("statement", evidence))?.ended = true;
            }
            What::DisclosuresBatched(batch) => self.batch(batch),
            // No benchmark asks about these.
            _ => {}
        }
        Ok(())
    }

    fn adopt(&mut self, text: &PolicyText) {
        let norms = text.layers.iter().flat_map(|layer| named(&layer.cedar, "@requirement(\""));
        let duties = text.layers.iter().flat_map(|layer| layer.duties.values());
        let duties = duties.flat_map(|duty| named(duty, "requirement = \""));
        let requirements = norms.chain(duties).collect();
        let counted = self.bytes.saturating_sub(bytes_of(&self.requirements));
        self.bytes = counted.saturating_add(bytes_of(&requirements));
        self.requirements = requirements;
    }

    fn propose(&mut self, deployment: &Deployment, act: &Act) -> Result<(), String> {
        let site = Site {
            people: Tier::of(deployment) != Tier::FileAndGo,
            proposer: act.by.clone(),
            accountable: deployment.accountable.clone(),
            proposed: act.at,
            state: Stage::Proposed,
            assessed: None,
            review_by: None,
            approved: None,
            begun: None,
        };
        self.counts(deployment.id.as_str(), &site);
        self.bytes = self.bytes.saturating_add(STEPS_BYTES_MAX);
        match self.sites.insert(deployment.id.clone(), site) {
            None => Ok(()),
            Some(_) => Err(twice("deployment", &deployment.id)),
        }
    }

    fn assess(&mut self, assessment: &Assessment) -> Result<(), String> {
        let entry = self.size;
        let site = self.step(&assessment.deployment, Step::Assess)?;
        site.review_by = Some(assessment.review_by);
        let signer = &assessment.signed_by;
        if *signer != site.proposer && *signer != site.accountable {
            site.assessed.get_or_insert(entry);
        }
        Ok(())
    }

    fn step(&mut self, id: &DeploymentId, step: Step) -> Result<&mut Site, String> {
        let site = self.sites.get_mut(id).ok_or_else(|| unknown("deployment", id))?;
        site.state = site.state.after(step).map_err(|error| error.to_string())?;
        Ok(site)
    }

    fn enter(&mut self, device: &Device) -> Result<(), String> {
        let sensor = Sensor { deployment: device.deployment.clone(), support_until: device.support_until };
        self.counts(device.id.as_str(), &sensor);
        match self.sensors.insert(device.id.clone(), sensor) {
            None => Ok(()),
            Some(_) => Err(twice("device", &device.id)),
        }
    }

    fn agree(&mut self, grant: &Grant, since: Timestamp) -> Result<(), String> {
        let Grant { recipient, stream, view, until, .. } = grant.clone();
        let share = Share { recipient, stream, view, since, until, ended: false };
        self.counts(grant.id.as_str(), &share);
        match self.shares.insert(grant.id.clone(), share) {
            None => Ok(()),
            Some(_) => Err(twice("grant", &grant.id)),
        }
    }

    fn state(&mut self, evidence: &Evidence, filed: Timestamp, inquiry: bool) -> Result<(), String> {
        let Evidence { about, kind, until, answers, .. } = evidence.clone();
        let statement = Statement { about, kind, filed, until, answers, ended: false, inquiry };
        self.counts(evidence.id.as_str(), &statement);
        match self.statements.insert(evidence.id.clone(), statement) {
            None => Ok(()),
            Some(_) => Err(twice("statement", &evidence.id)),
        }
    }

    fn batch(&mut self, batch: &DisclosuresBatched) {
        for total in &batch.totals {
            let sum = self.purposes.entry(total.purpose).or_insert(0);
            *sum = sum.saturating_add(total.disclosures);
        }
    }
}

/// How many bytes something has as it is kept. What cannot be written is too large for any limit.
fn bytes_of(thing: &impl Serialize) -> u64 {
    serde_json::to_vec(thing).map_or(u64::MAX, |bytes| bytes.len() as u64)
}

/// The ids that a text names behind a mark, outside of its comments. What a norm of that name does is not looked at.
fn named<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = String> + 'a {
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with("//") && !line.starts_with('#'));
    lines
        .flat_map(move |line| line.split(mark).skip(1))
        .filter_map(|rest| rest.split_once('"'))
        .map(|(id, _)| id.to_owned())
}

fn unknown(kind: &str, id: &impl AsRef<str>) -> String {
    format!("it names the {kind} `{}`, which no earlier entry entered", id.as_ref())
}

fn twice(kind: &str, id: &impl AsRef<str>) -> String {
    format!("it enters the {kind} `{}` a second time", id.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Generated;

    #[test]
    fn a_sheet_never_has_more_bytes_than_were_counted() {
        let body = r#"{"hash":"1111111111111111111111111111111111111111111111111111111111111111","text":{"layers":[],"permits":"","permits_owner":"city"}}"#;
        let ways = Generated::new("2026-01-01T00:00:00Z".parse().unwrap(), body.to_owned(), 400);
        let mut sheet = Sheet::default();
        for entry in ways.log(0).unwrap().entries() {
            sheet.take(entry);
            // Its own name, size and instant are no things of a city.
            assert!(bytes_of(&sheet) <= sheet.bytes + 1_000, "entry {}", sheet.size);
        }
        assert!(sheet.stopped.is_none() && sheet.sites.values().any(|site| site.begun.is_some()));
        assert!(sheet.bytes < 2 * bytes_of(&sheet), "nor much less: {}", sheet.bytes);
    }
}
