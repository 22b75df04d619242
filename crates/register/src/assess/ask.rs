//! The questions that what stands in a register has answers for, put to the norms once each.
//!
//! An act that was done is asked about as of its own instant, and as the thing stood before it, with the evidence that stands
//! now: an approval that has run out was in the future when it was given, and what is filed later heals. What flows is asked
//! about as of now, and only where something flows: that a stopped stream may not collect is no breach but the norm at work.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use model::{
    DeploymentId, DeploymentRecord, Device, EvidenceRecord, GrantRecord, Party, PartyId, PartyKind, Span,
    State as Stage, Stream, Subject, Tier, Timestamp, View,
};
use norms::{
    ActQuestion, ActSubject, Bundle, Circumstances, CityFacts, CollectFast, CollectQuestion, DiscloseFast,
    DiscloseQuestion, StandQuestion, StandSubject, Verb,
};

use super::found::Found;
use crate::circumstances::{is_within_place, of_city, of_device};
use crate::state::{Mark, State, Steps};

/// What belongs to one deployment.
#[derive(Default)]
pub(super) struct Belongings<'a> {
    pub(super) devices: Vec<&'a Device>,
    views: Vec<&'a View>,
    grants: Vec<&'a GrantRecord>,
}

/// Who asks: one standard's norms, about one register, at one instant.
pub(super) struct Asker<'a> {
    pub(super) state: &'a State,
    bundle: &'a Bundle,
    pub(super) now: Timestamp,
    belongings: BTreeMap<&'a DeploymentId, Belongings<'a>>,
}

/// A deployment and what is known around it.
pub(super) struct Known<'a> {
    pub(super) record: &'a DeploymentRecord,
    pub(super) steps: &'a Steps,
    pub(super) around: Circumstances,
}

impl Known<'_> {
    /// What was known when an act was done: what is overdue today was perhaps not then, and is told by its own clock.
    fn then(&self) -> Cow<'_, Circumstances> {
        if self.around.overdue.is_empty() {
            return Cow::Borrowed(&self.around);
        }
        Cow::Owned(Circumstances { overdue: BTreeSet::new(), ..self.around.clone() })
    }
}

/// An act that was done: by whom, in which entry, and what is known of what it was done to.
#[derive(Clone, Copy)]
struct Done<'a> {
    by: &'a PartyId,
    mark: Option<&'a Mark>,
    around: &'a Circumstances,
    /// Which part of the thing it was done to; empty for the thing itself.
    part: &'a str,
}

impl<'a> Asker<'a> {
    pub(super) fn new(state: &'a State, bundle: &'a Bundle, now: Timestamp) -> Self {
        let mut belongings: BTreeMap<&DeploymentId, Belongings<'_>> = BTreeMap::new();
        for device in state.devices.values() {
            belongings.entry(&device.deployment).or_default().devices.push(device);
        }
        for ((stream, _), view) in &state.views {
            let Some(deployment) = state.streams.get(stream) else { continue };
            belongings.entry(deployment).or_default().views.push(view);
        }
        for grant in state.grants.values().filter(|grant| grant.in_force(now)) {
            let Some(deployment) = state.streams.get(&grant.grant.stream) else { continue };
            belongings.entry(deployment).or_default().grants.push(grant);
        }
        Self { state, bundle, now, belongings }
    }

    pub(super) fn belongings(&self, id: &DeploymentId) -> Option<&Belongings<'a>> {
        self.belongings.get(id)
    }

    /// A party; one that is not in the register is nobody in particular.
    fn party(&self, id: &PartyId) -> Cow<'a, Party> {
        match self.state.parties.get(id) {
            Some(record) => Cow::Borrowed(&record.party),
            None => Cow::Owned(Party { id: id.clone(), name: id.to_string(), kind: PartyKind::Public }),
        }
    }

    /// Asks about an act that was done.
    fn act(&self, found: &mut Found<'_>, done: Done<'_>, verb: Verb, subject: ActSubject<'_>) {
        let Done { by, mark, around, part } = done;
        let actor = &self.party(by);
        let question = ActQuestion { actor, verb, subject, founder: self.state.founder(), around };
        let said = self.bundle.object_to_act(&question, mark.map_or(self.now, |mark| mark.at));
        found.heard(said, mark.map(|mark| mark.entry), part);
    }

    /// Everything about a deployment that has not ended.
    pub(super) fn deployment(&self, known: &Known<'_>, found: &mut Found<'_>) {
        self.steps(known, found);
        self.flows(known, found);
        let record = known.record;
        let question = StandQuestion {
            accountable: &self.party(&record.deployment.accountable),
            subject: StandSubject::Deployment(record),
            founder: self.state.founder(),
            around: &known.around,
        };
        found.heard(self.bundle.object_to_stand(&question, self.now), None, "");
        let about = Subject::Deployment { id: record.deployment.id.clone() };
        self.filings(&about, Some(record), "", found);
        let Some(belongings) = self.belongings.get(&record.deployment.id) else { return };
        for device in &belongings.devices {
            let part = format!("device `{}`: ", device.id);
            self.filings(&Subject::Device { id: device.id.clone() }, Some(record), &part, found);
        }
        for view in &belongings.views {
            self.view(known, view, found);
        }
        for grant in &belongings.grants {
            self.grant(known, grant, found);
        }
    }

    /// The steps that it took, each as it stood before.
    fn steps(&self, known: &Known<'_>, found: &mut Found<'_>) {
        let (Known { record, steps, .. }, around) = (known, &*known.then());
        let (deployment, standing) = (&record.deployment, &record.standing);
        let mut step = |by: &PartyId, mark: &Mark, verb: Verb, subject: ActSubject<'_>| {
            self.act(found, Done { by, mark: Some(mark), around, part: "" }, verb, subject);
        };
        step(&standing.proposed_by, &steps.proposed, Verb::Propose, ActSubject::Proposal(deployment));
        let mut before = DeploymentRecord::clone(record);
        before.standing.state = Stage::Proposed;
        for (assessment, mark) in standing.assessments.iter().zip(&steps.assessed) {
            let subject = ActSubject::Assessment { record: &before, assessment };
            step(&assessment.signed_by, mark, Verb::Assess, subject);
        }
        before.standing.state = Stage::Assessed;
        if let (Some(approval), Some(mark)) = (&standing.approval, steps.approved.last()) {
            let subject = ActSubject::Approval { record: &before, until: approval.until };
            step(&approval.by, mark, Verb::Approve, subject);
        }
        before.standing.state = Stage::Approved;
        if let Some(mark) = &steps.published {
            step(&deployment.accountable, mark, Verb::Publish, ActSubject::Deployment(&before));
        }
        before.standing.state = Stage::Published;
        if let Some(mark) = steps.activated.last().filter(|_| standing.state == Stage::Active) {
            step(&deployment.accountable, mark, Verb::Activate, ActSubject::Deployment(&before));
        }
    }

    /// What it collects now.
    fn flows(&self, known: &Known<'_>, found: &mut Found<'_>) {
        let record = known.record;
        if !is_running(record, self.now) {
            return;
        }
        let accountable = &*self.party(&record.deployment.accountable);
        let entry = known.steps.activated.last().map(|mark| mark.entry);
        for stream in &record.deployment.streams {
            let order = stream.order().and_then(|id| self.state.orders.get(id)).map(|record| &record.order);
            let (founder, around) = (self.state.founder(), &known.around);
            let question = CollectQuestion { record, stream, order, accountable, founder, around };
            let said = self.bundle.object_to_collect(&question, &CollectFast { now: self.now });
            found.heard(said, entry, &format!("stream `{}`: ", stream.id));
        }
    }

    fn view(&self, known: &Known<'_>, view: &View, found: &mut Found<'_>) {
        let record = known.record;
        let Some(stream) = record.deployment.stream(&view.stream) else { return };
        let mark = self.state.marks.views.get(&(view.stream.clone(), view.id.clone()));
        let (by, subject) =
            (mark.map_or(&record.deployment.accountable, |mark| &mark.by), ActSubject::View { view, record, stream });
        let part = format!("view `{}` of stream `{}`: ", view.id, view.stream);
        self.act(found, Done { by, mark, around: &known.then(), part: &part }, Verb::DeclareView, subject);
    }

    /// A grant in force: that it was agreed, and what leaves under it now.
    fn grant(&self, known: &Known<'_>, granted: &GrantRecord, found: &mut Found<'_>) {
        let (record, grant) = (known.record, &granted.grant);
        let view = self.state.views.get(&(grant.stream.clone(), grant.view.clone()));
        let (Some(stream), Some(view)) = (record.deployment.stream(&grant.stream), view) else { return };
        let recipient = &*self.party(&grant.recipient);
        let order = grant.order.as_ref().and_then(|id| self.state.orders.get(id)).map(|record| &record.order);
        let mark = self.state.marks.grants.get(&grant.id);
        let part = format!("grant `{}` to `{}`: ", grant.id, grant.recipient);
        let by = mark.map_or(&record.deployment.accountable, |mark| &mark.by);
        let subject = ActSubject::Grant { grant, view, record, stream, recipient, order };
        self.act(found, Done { by, mark, around: &known.then(), part: &part }, Verb::AgreeGrant, subject);
        if !is_running(record, self.now) && is_about_people(stream) {
            return;
        }
        let question = DiscloseQuestion {
            recipient,
            grant: Some(granted),
            view,
            record,
            stream,
            order,
            purpose: grant.purpose,
            founder: self.state.founder(),
            around: &known.around,
        };
        let fast = DiscloseFast { now: self.now, oldest: Span::ZERO, senior_authorisation: false };
        found.heard(self.bundle.object_to_disclose(&question, &fast), mark.map(|mark| mark.entry), &part);
    }

    /// A device of a deployment that has not ended.
    pub(super) fn device(&self, known: &Known<'_>, device: &Device, found: &mut Found<'_>) {
        let record = known.record;
        let around = &of_device(self.state, device, self.now);
        let within_place = is_within_place(self.state, device, record);
        let question = StandQuestion {
            accountable: &self.party(&record.deployment.accountable),
            subject: StandSubject::Device { device, record, within_place },
            founder: self.state.founder(),
            around,
        };
        let marks = &self.state.marks;
        let mark = marks.devices.get(&device.id);
        found.heard(self.bundle.object_to_stand(&question, self.now), mark.map(|mark| mark.entry), "");
        let by =
            |mark: Option<&Mark>| mark.map_or_else(|| record.deployment.accountable.clone(), |mark| mark.by.clone());
        let subject = ActSubject::Device { device, record, within_place };
        self.act(found, Done { by: &by(mark), mark, around, part: "" }, Verb::RegisterDevice, subject);
        if let Some(mark) = marks.device_tokens.get(&device.id) {
            let subject = ActSubject::DeviceCredential { device, record };
            self.act(
                found,
                Done { by: &mark.by, mark: Some(mark), around, part: "its token: " },
                Verb::IssueCredential,
                subject,
            );
        }
    }

    /// The statements in force about a thing: whether whoever filed them may.
    fn filings(&self, about: &Subject, record: Option<&DeploymentRecord>, part: &str, found: &mut Found<'_>) {
        let in_force = |record: &&EvidenceRecord| record.in_force(self.now);
        for EvidenceRecord { evidence, .. } in self.state.evidence_about(about).filter(in_force) {
            let subject = ActSubject::Evidence { evidence, record };
            let (mark, unknown) = (self.state.marks.evidence.get(&evidence.id), Circumstances::unknown());
            let part = format!("{part}evidence `{}`: ", evidence.id);
            self.act(
                found,
                Done { by: &evidence.signed_by, mark, around: unknown, part: &part },
                Verb::FileEvidence,
                subject,
            );
        }
    }

    /// The city as a whole, and the acts that are about no deployment.
    pub(super) fn city(&self, found: &mut Found<'_>) {
        let (state, marks, around) = (self.state, &self.state.marks, &of_city(self.state, self.now));
        let Some(founder) = state.founder() else { return };
        let facts = self.facts();
        let accountable = &*self.party(founder);
        let subject = StandSubject::City(&facts);
        let question = StandQuestion { accountable, subject, founder: Some(founder), around };
        let founded = marks.founded.as_ref().map(|mark| mark.entry);
        found.heard(self.bundle.object_to_stand(&question, self.now), founded, "");
        self.filings(&Subject::City, None, "", found);
        if let Some(mark) = marks.adopted.last() {
            self.act(
                found,
                Done { by: &mark.by, mark: Some(mark), around, part: "the policies in force: " },
                Verb::AdoptPolicy,
                ActSubject::Policy,
            );
        }
        for record in state.classes.values().filter(|record| record.in_force(self.now)) {
            let class = &record.approval;
            let (mark, part) = (marks.classes.get(&class.id), format!("class `{}`: ", class.id));
            self.act(
                found,
                Done { by: &record.by, mark, around, part: &part },
                Verb::ApproveClass,
                ActSubject::Class(class),
            );
        }
        for (id, record) in &state.parties {
            let (party, part) = (&record.party, format!("party `{id}`: "));
            if let Some(mark) = marks.parties.get(id) {
                self.act(
                    found,
                    Done { by: &mark.by, mark: Some(mark), around, part: &part },
                    Verb::RegisterParty,
                    ActSubject::Party(party),
                );
            }
            if let Some(mark) = marks.party_tokens.get(id) {
                let (verb, subject) = (Verb::IssueCredential, ActSubject::PartyCredential(party));
                self.act(found, Done { by: &mark.by, mark: Some(mark), around, part: &part }, verb, subject);
            }
        }
    }

    fn facts(&self) -> CityFacts {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let here = || self.state.deployments.values().filter(|record| record.standing.state != Stage::Ended);
        let personal = here().filter(|record| Tier::of(&record.deployment) != Tier::FileAndGo);
        let grants = self.belongings.values().flat_map(|belongings| &belongings.grants);
        let open = grants.filter(|grant| self.party(&grant.grant.recipient).kind == PartyKind::Public);
        let open: BTreeSet<_> = open.map(|grant| (&grant.grant.stream, &grant.grant.view)).collect();
        CityFacts {
            deployments: count(here().count()),
            personal_deployments: count(personal.count()),
            open_views: count(open.len()),
        }
    }
}

/// Whether a deployment takes observations now, as far as the register goes.
fn is_running(record: &DeploymentRecord, now: Timestamp) -> bool {
    record.standing.state == Stage::Active && record.deployment.starts <= now
}

fn is_about_people(stream: &Stream) -> bool {
    Tier::of_stream(stream) != Tier::FileAndGo
}
